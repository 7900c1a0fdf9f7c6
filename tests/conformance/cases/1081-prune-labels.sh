docker create --name keep -l keep=1 busybox >/dev/null
docker create --name drop busybox >/dev/null
docker container prune -f --filter 'label!=keep'
docker ps -a --format '{{.Names}}'
docker network create --label k=1 n1 >/dev/null
docker network prune -f --filter label=k=2
docker network prune -f --filter label=k
