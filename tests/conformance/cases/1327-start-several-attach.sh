docker create --name aa busybox true >/dev/null; docker create --name bb busybox true >/dev/null; docker start -a aa bb
