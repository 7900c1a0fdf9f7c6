docker run -d --name aa busybox sh -c 'exit 3' >/dev/null; docker run -d --name bb busybox sh -c 'exit 4' >/dev/null; docker wait aa bb nosuch; echo $?
