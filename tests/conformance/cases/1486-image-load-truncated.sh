docker save busybox > a.tar
head -c 100000 a.tar | docker load; echo "rc $?"
head -c 1536 a.tar | docker load; echo "rc $?"
