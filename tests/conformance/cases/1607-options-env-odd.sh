docker run --rm -e '' busybox env; docker run --rm -e =x busybox env; docker run --rm -e 'A B=c d' -e A=b=c busybox env | grep A
