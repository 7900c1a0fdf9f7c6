docker run --name c1 busybox true; docker stop c1; docker stop -t 1 c1 nosuch; echo $?
