docker create --name c1 busybox true >/dev/null
docker commit c1 -m x; docker commit c1 --nosuch x y; docker tag busybox --nosuch; docker tag busybox a --nosuch
