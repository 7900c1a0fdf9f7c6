docker run --rm --entrypoint echo busybox a b c
