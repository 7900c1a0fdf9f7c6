docker run -d --name c1 busybox nosuch; echo $?; docker ps -a --format '{{.Names}} {{.State}}'; docker start c1; docker start -a c1; echo $?; docker wait c1; docker logs c1
