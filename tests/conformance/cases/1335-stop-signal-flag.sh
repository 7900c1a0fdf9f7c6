docker run -d --name c1 busybox sh -c 'trap "exit 7" USR1; while :; do sleep 0.1; done' >/dev/null; sleep 0.4; docker stop -s USR1 -t 5 c1; docker inspect -f '{{.State.ExitCode}}' c1
