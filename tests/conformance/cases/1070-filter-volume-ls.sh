docker volume create --label a=1 v1 >/dev/null
docker volume create v2 >/dev/null
docker volume ls -q --filter label=a
docker volume ls -q --filter name=v2 --filter dangling=1
docker volume ls -q --filter driver=nope
docker volume ls -q --filter dangling=maybe
docker volume ls -q --filter color=red
