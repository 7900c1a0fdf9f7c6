docker run --rm --runtime nosuch busybox true
