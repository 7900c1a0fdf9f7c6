docker run --rm --log-driver nosuch busybox true
