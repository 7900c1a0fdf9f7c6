docker create --name a1 busybox >/dev/null
docker ps -a --filter id= --format '{{.Names}}'
docker ps -a --filter id=$(docker ps -aq) --format '{{.Names}}'
docker ps -a --filter id=zzz -q
