docker run --rm busybox echo -d --rm -x
