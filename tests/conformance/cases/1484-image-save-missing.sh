docker save nosuch; echo "rc $?"
docker save nosuch busybox | wc -c
docker save busybox@sha256:0000000000000000000000000000000000000000000000000000000000000000; echo "rc $?"
docker save -o x.tar nosuch; echo "rc $?"; ls
