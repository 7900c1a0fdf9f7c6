docker run -d --name c1 busybox sleep 50 >/dev/null
s=$(date +%s.%N)
docker commit c1 img:1 >/dev/null
docker events --since $s --until $(date +%s.%N) --format '{{.Type}} {{.Action}}'
