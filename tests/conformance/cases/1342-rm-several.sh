docker create --name aa busybox true >/dev/null; docker create --name bb busybox true >/dev/null; docker rm aa nosuch bb; echo $?; docker ps -aq | wc -l
