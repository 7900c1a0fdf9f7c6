docker run -d --name c1 busybox sh -c 'trap "echo got; exit 3" TERM; while :; do sleep 0.1; done' >/dev/null; sleep 0.4; docker stop c1; docker inspect -f '{{.State.ExitCode}}' c1; docker logs c1
