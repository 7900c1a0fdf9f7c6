docker run -d --name c1 busybox sleep 60 >/dev/null; docker pause c1; docker start c1; echo $?; docker start -a c1; echo $?; docker stop -t 0 c1; docker inspect -f '{{.State.Status}}' c1
