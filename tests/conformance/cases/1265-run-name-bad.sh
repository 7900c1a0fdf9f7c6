docker run --name 'a b' busybox true; docker run --name -x busybox true; docker run --name _x busybox true; docker create --name x busybox true
