for s in KILL SIGKILL 9; do docker run -d --name c1 busybox sleep 30 >/dev/null; docker kill -s $s c1; docker wait c1; docker rm c1; done
