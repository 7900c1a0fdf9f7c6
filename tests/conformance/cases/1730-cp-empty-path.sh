docker create --name kk busybox true >/dev/null
docker cp kk: .; echo $?
docker cp kk: -; echo $?
docker cp nope: .; echo $?
docker rm kk
