docker run --rm --init busybox sh -c 'cat /proc/1/comm'
