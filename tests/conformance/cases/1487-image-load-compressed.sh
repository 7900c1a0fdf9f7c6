docker save -o a.tar busybox
gzip < a.tar | docker load; bzip2 < a.tar | docker load; xz -0 < a.tar | docker load -q
