id=$(docker images -q busybox)
docker save $id | docker load
docker save $id | docker load -q
