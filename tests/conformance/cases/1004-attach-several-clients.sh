docker run -d --name c1 busybox sh -c 'sleep 1; echo out; exit 6' >/dev/null; docker attach c1 & docker attach --no-stdin c1; echo $?; wait $!; echo $?
