docker run -d -a stdout busybox true; docker run -d --rm busybox true >/dev/null && echo ok
