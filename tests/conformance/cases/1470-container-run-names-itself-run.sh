docker container run --mac-address bad busybox; echo $?
docker container create --pull bad busybox; echo $?
docker container run -w relative busybox true; echo $?
docker container run busybox nosuchprogram 2>&1 | tail -n 1
docker container run --nosuch busybox; echo $?
