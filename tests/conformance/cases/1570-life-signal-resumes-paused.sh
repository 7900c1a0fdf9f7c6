s=$(date +%s.%N)
docker run -d --name c1 busybox sleep 50 >/dev/null; docker pause c1; docker kill -s USR1 c1; docker inspect c1 -f '{{.State.Status}}'
docker run -d --name c2 --stop-signal INT busybox sleep 50 >/dev/null; docker pause c2; docker kill -s HUP c2; docker inspect c2 -f '{{.State.Status}}'; docker kill -s INT c2; docker inspect c2 -f '{{.State.Status}}'
docker events --since $s --until $(date +%s.%N) --filter type=container --format '{{.Action}} {{.Actor.Attributes.name}}'
