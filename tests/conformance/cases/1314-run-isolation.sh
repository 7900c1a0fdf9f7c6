docker run --rm --isolation default busybox echo ok; docker create --isolation hyperv busybox true
