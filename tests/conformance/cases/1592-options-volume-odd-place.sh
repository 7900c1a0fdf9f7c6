docker run --rm -v x busybox ls -d /x; docker run --rm -v : busybox true; echo $?
