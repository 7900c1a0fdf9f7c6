docker create busybox true | wc -c
