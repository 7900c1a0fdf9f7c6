docker create --stop-signal NOSUCH busybox true
