id=$(docker images -q --no-trunc busybox)
docker save -o x.tar "$id"
docker load -i x.tar
