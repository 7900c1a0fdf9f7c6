docker create -v aa:/x -v bb:/x busybox true; docker create --mount type=volume,dst=/x -v bb:/x busybox true
