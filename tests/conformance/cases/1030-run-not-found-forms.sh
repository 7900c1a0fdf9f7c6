for p in nosuch /no/such ./nosuch /etc /etc/passwd ''; do docker run --rm busybox "$p"; echo $?; done
