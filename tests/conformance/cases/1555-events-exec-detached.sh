docker run -d --name c1 busybox sleep 60 >/dev/null
s=$(date +%s.%N)
x=$(docker exec -d c1 sh -c 'exit 7'); docker exec -d c1 sleep 50; sleep 0.9; docker rm -f c1 >/dev/null; sleep 0.1
docker events --since $s --until $(date +%s.%N) --filter type=container --format '{{.Action}} {{.Actor.Attributes.exitCode}}' | grep exec | sort
