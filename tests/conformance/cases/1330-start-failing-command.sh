docker create --name c1 busybox nosuchcmd >/dev/null; docker start c1; docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' c1
