docker create --name c1594 --tmpfs /x:foo busybox true >/dev/null; docker start c1594; docker ps -a --filter name=c1594 --format '{{.Status}}'; docker rm c1594
