docker create --link nosuch:x busybox true
