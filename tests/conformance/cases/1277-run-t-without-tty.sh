docker run --rm -t busybox sh -c 'tty; echo hi' | od -c | head -3
