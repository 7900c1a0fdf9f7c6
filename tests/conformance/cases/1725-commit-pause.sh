docker run -d --name c1 busybox sleep 60 >/dev/null
S=$(date +%s.%N)
docker commit c1 x >/dev/null
docker commit --pause=false c1 x >/dev/null
docker events --since $S --until $(date +%s.%N) --filter type=container --format '{{.Action}}'
