S=$(date +%s.%N)
docker container prune -f >/dev/null
docker network prune -f >/dev/null
docker volume prune -f >/dev/null
docker events --since $S --until $(date +%s.%N) --format '{{.Type}} {{.Action}} [{{.Actor.ID}}] {{json .Actor.Attributes}}'
