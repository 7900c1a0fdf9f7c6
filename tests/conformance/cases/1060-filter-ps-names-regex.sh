docker create --name web1 busybox >/dev/null
docker create --name web2 busybox >/dev/null
docker create --name db1 busybox >/dev/null
docker ps -a --filter name=web --format '{{.Names}}'
docker ps -a --filter 'name=^/?db' --filter 'name=web2$' --format '{{.Names}}'
docker ps -a --filter 'name=[[:alpha:]]2' --format '{{.Names}}'
