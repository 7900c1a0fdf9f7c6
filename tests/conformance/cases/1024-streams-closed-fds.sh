docker run --rm busybox echo hi >&-; echo $?; docker run --rm -i busybox cat <&-; echo $?
