seq 1 200000 | docker run --rm -i busybox head -n 1; echo $?; yes | docker run --rm -i busybox true; echo $?
