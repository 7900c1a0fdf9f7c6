docker run -a nothing busybox true
