docker run --rm --pull sometimes busybox true
