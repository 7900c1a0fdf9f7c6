docker network create n1 >/dev/null
S=$(date +%s.%N)
docker run --rm --network n1 busybox true
docker run --rm --network none busybox true
docker events --since $S --until $(date +%s.%N) --filter type=network --format '{{.Action}} {{json .Actor.Attributes}}'
