docker volume create marker1544 >/dev/null
docker events --until $(date +%s.%N) --filter volume=marker1544 --format '{{.Type}} {{.Action}}' | tail -1
