docker run --rm --device vendor.com/class=name busybox true; echo $?; docker run --rm --device /etc/passwd busybox true; echo $?; docker run --rm --device /dev/nosuch busybox true; echo $?
