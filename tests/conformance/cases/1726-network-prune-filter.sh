docker network create --label k=1 n1 >/dev/null
docker network create --label k=2 n2 >/dev/null
docker network prune --force --filter label=k=2
docker network prune --force --filter 'label!=k'
docker network ls --quiet --filter type=custom | awk '{print length($1)}'
docker network ls --filter type=custom --format '{{.Name}}'
docker network disconnect --force n1 nope 2>&1
docker network rm --force n1 nope
