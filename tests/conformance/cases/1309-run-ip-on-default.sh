docker create --name c1 --ip 172.17.0.99 busybox true >/dev/null; docker start c1
