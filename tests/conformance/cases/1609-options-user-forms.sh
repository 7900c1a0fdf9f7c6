docker run --rm -u :10 busybox id; docker run --rm -u 1000 busybox id; docker run --rm -u nobody:wheel busybox id
