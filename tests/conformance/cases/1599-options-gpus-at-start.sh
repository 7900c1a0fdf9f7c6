docker create --name c1599 --gpus all busybox true >/dev/null; docker start c1599; docker ps -a --filter name=c1599 --format '{{.Status}}'; docker rm c1599
