docker run --rm busybox sh -c 'id -u; id -g'
