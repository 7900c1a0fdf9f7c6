docker run --rm -e A= busybox sh -c 'env | grep ^A='
