docker run -d --name c1 busybox sleep 60 >/dev/null
S=$(date +%s.%N)
docker exec c1 echo hi
docker events --since $S --until $(date +%s.%N) --filter event=exec_create --format '{{.Action}}'
docker events --since $S --until $(date +%s.%N) --filter event=exec_die --filter container=c1 --format '{{.Action}} {{.Actor.Attributes.exitCode}}'
