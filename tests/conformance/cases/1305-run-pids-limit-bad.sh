docker create --pids-limit x busybox true; docker create --oom-score-adj 2000 busybox true; docker create --shm-size x busybox true; docker create --shm-size 0 busybox true | wc -c
