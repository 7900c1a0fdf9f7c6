docker run --rm --network none busybox sh -c 'ls /sys/class/net'
