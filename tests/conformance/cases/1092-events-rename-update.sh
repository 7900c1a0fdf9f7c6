docker create --name c1 busybox >/dev/null
S=$(date +%s.%N)
docker rename c1 c2
docker update --restart always c2 >/dev/null
docker export c2 >/dev/null
docker rm c2 >/dev/null
docker events --since $S --until $(date +%s.%N) --format '{{.Action}} {{json .Actor.Attributes}}'
