docker create --name c1 busybox sleep 60 >/dev/null; docker attach c1; docker start c1; docker pause c1; docker attach c1; docker rm -f c1; docker attach c1; echo $?
