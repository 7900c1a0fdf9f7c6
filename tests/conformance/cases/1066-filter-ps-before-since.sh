for n in c1 c2 c3; do docker create --name $n busybox >/dev/null; done
docker ps -a --filter since=c1 --format '{{.Names}}'
docker ps -a --filter before=c3 --filter since=c1 --format '{{.Names}}'
