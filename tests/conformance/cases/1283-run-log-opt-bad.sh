docker run --rm --log-opt nosuch=1 busybox true; docker run --rm --log-opt max-size=x busybox true; docker run --rm --log-opt max-file=0 busybox true
