docker run --rm --security-opt seccomp=/no/such/file busybox true
