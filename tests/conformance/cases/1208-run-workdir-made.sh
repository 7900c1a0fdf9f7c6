docker run --rm -w /a/b/c busybox pwd
