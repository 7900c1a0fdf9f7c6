docker run -d --name c1 busybox sh -c 'echo a; sleep 0.7; echo b >&2; exit 3' >/dev/null; docker logs -f c1; echo $?; docker logs -f --tail 1 c1; docker logs -f missing; echo $?
