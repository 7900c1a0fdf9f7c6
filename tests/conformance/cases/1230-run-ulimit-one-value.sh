docker run --rm --ulimit nofile=64 busybox sh -c 'ulimit -n; ulimit -Hn'
