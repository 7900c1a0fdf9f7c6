docker create --net foo=bar busybox; docker create --network foo=bar busybox; docker create --net alias=x busybox
