docker run --rm --group-add 77 --group-add 88 busybox sh -c 'id -G'
