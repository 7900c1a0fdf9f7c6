docker create --name c1 busybox sh -c 'exit 3' >/dev/null; (sleep 0.5; docker start c1 >/dev/null) & docker wait c1; wait
