docker run --rm busybox echo hi >&-; echo $?
docker run --rm busybox echo hi >/dev/full; echo $?
docker run --rm -i busybox cat <&-; echo $?
docker run --rm busybox seq 1 100000 | head -1
