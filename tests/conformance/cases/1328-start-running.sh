docker run -d --name c1 busybox sleep 30 >/dev/null; docker start c1; echo $?
