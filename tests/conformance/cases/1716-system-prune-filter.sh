docker create --name c1 --label keep=1 busybox >/dev/null
docker create --name c2 busybox >/dev/null
docker network create --label keep=1 n1 >/dev/null
docker network create n2 >/dev/null
docker system prune --force --filter label!=keep >/dev/null
docker ps -a --format '{{.Names}}'
docker network ls --filter type=custom --format '{{.Name}}'
docker system prune --force --filter label=keep | grep -v -i -e '^deleted' -e '^[0-9a-f]*$'
docker ps -aq
