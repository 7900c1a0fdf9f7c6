docker run --rm --network container:nosuch busybox true
