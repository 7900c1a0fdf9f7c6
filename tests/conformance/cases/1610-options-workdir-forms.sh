docker run --rm -w rel busybox pwd; docker run --rm -w /a/b/../c busybox pwd; docker run --rm -w /etc/passwd busybox pwd; echo $?
