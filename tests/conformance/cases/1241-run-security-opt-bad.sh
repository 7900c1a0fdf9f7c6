docker run --rm --security-opt nonsense busybox true
