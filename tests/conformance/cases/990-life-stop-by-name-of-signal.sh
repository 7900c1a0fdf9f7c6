docker run -d --name c1 busybox sh -c 'trap "exit 7" USR1; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; docker stop -s USR1 c1; docker inspect -f '{{.State.ExitCode}}' c1
