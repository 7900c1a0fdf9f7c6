docker run --rm busybox sh -c 'ls /dev | grep -v -E "^(console)$" | sort | tr "\n" " "; readlink /dev/fd /dev/stdin'
