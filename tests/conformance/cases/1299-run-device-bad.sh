docker create --device /dev/null:/dev/x:zz busybox true; docker run --rm --device /dev/nosuch9 busybox true
