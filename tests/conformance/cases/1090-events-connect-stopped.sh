docker network create n1 >/dev/null
docker create --name c1 busybox >/dev/null
S=$(date +%s.%N)
docker network connect n1 c1
docker network disconnect n1 c1
docker events --since $S --until $(date +%s.%N) --format '{{.Type}} {{.Action}}'
