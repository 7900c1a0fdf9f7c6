docker run --rm -u 1234:567 busybox id
