docker create -q busybox true | wc -c; docker create --quiet=false --name c1 busybox true | wc -c
