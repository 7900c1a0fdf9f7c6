docker create --name c1 busybox sh -c 'echo hi; exit 5' >/dev/null; docker start -a c1
