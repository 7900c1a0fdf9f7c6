docker create --name c1 busybox true >/dev/null; docker rename c1 c2; docker start c2; docker wait c2; docker rename c2 c3; docker rename c1 c4; echo $?; docker ps -a --format '{{.Names}}'
