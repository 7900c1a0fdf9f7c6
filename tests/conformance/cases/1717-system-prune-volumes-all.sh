docker create --name c1 -v /anonymous busybox >/dev/null
docker volume create named >/dev/null
docker rm c1 >/dev/null
docker tag busybox other:1
docker import -c 'CMD ["x"]' "$BASE_TAR" third:1 >/dev/null
docker system prune --force | tail -1
docker volume ls -q | wc -l
docker system prune --force --volumes >/dev/null
docker volume ls -q
docker create --name c2 busybox >/dev/null
docker system prune --force --all | grep -c third
docker images --format '{{.Repository}}'
