docker create --name c1 -v data:/d busybox >/dev/null
echo hi > f
S=$(date +%s.%N)
docker cp f c1:/f
docker cp c1:/f g
docker events --since $S --until $(date +%s.%N) --format '{{.Type}} {{.Action}}'
