S=$(date +%s.%N)
docker run --rm -v data:/d:ro busybox true
docker events --since $S --until $(date +%s.%N) --filter type=volume --format '{{.Action}} {{json .Actor.Attributes}}'
