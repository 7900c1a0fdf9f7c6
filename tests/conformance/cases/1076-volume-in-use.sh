docker create --name c1 -v data:/d busybox >/dev/null
docker volume rm data
docker volume rm -f data
docker volume ls -q --filter dangling=true
docker rm c1
docker volume rm data
