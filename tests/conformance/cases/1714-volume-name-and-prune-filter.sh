docker volume create --name vn
docker volume create --label keep=1 vk >/dev/null
docker volume prune --force --all --filter label=nope
docker volume prune --force --filter label!=keep --filter all=1
docker volume ls -q
docker volume prune --force --filter all=1 --filter label=keep=1
