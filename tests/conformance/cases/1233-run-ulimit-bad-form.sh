docker run --rm --ulimit nofile busybox true
