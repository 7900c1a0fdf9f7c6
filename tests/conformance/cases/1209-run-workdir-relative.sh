docker run --rm -w a/b busybox pwd
