docker run --rm busybox sh -c 'cat /proc/1/comm; echo $$'
