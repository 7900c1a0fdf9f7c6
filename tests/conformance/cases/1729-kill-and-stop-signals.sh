docker run -d --name c1 busybox sh -c 'trap "exit 10" USR1; trap "exit 11" USR2; while :; do sleep 0.1; done' >/dev/null
sleep 0.3
docker kill --signal USR1 c1 >/dev/null
docker wait c1
docker start c1 >/dev/null
sleep 0.3
docker stop --signal USR2 --timeout 5 c1 >/dev/null
docker wait c1
