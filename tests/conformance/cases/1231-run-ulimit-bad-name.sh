docker run --rm --ulimit nothing=1 busybox true
