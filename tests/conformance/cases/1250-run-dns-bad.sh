docker run --rm --dns nonsense busybox true
