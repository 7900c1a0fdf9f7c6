docker run --rm --network nosuch busybox true
