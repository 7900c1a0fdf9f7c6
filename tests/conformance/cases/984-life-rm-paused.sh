docker run -d --name c1 busybox sleep 60 >/dev/null; docker pause c1; docker rm c1; echo $?; docker rm -f c1
