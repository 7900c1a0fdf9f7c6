docker run -d --name c1 busybox sleep 60 >/dev/null
S=$(date +%s.%N)
docker exec c1 sh -c 'exit 3'
docker exec c1 true
docker top c1 >/dev/null
docker events --since $S --until $(date +%s.%N) --format '{{.Action}} {{json .Actor.Attributes}}'
