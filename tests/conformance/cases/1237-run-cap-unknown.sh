docker run --rm --cap-add NO_SUCH busybox true
