docker run --rm --platform nonsense/x/y/z busybox true; docker run --rm --platform '' busybox echo ok
