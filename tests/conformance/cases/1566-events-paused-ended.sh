docker run -d --name c1 busybox sleep 50 >/dev/null
docker pause c1 >/dev/null; s=$(date +%s.%N); docker kill c1 >/dev/null; docker wait c1 >/dev/null
docker events --since $s --until $(date +%s.%N) --filter type=container --format '{{.Action}}'
docker network create --config-only co >/dev/null; s=$(date +%s.%N); docker network rm co >/dev/null
docker events --since $s --until $(date +%s.%N) --format '{{.Action}}'
docker system prune -f --filter label=zz >/dev/null; docker events --since $s --until $(date +%s.%N) --format '{{.Type}} {{.Action}} {{json .Actor}}'
