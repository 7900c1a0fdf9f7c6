docker run --rm --ulimit nofile=200:100 busybox true
