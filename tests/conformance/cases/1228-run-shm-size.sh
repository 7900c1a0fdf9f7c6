docker run --rm --shm-size 2m busybox sh -c 'df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2'
