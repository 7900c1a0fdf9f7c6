docker run --rm busybox sh -c 'kill -9 $$'
