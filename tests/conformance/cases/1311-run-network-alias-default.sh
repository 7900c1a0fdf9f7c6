docker run --rm --network-alias x busybox true
