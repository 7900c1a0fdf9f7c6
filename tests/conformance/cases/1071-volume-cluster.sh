docker volume create v1 >/dev/null
docker volume ls --cluster
docker volume ls --cluster -q
docker volume update v1
docker volume update nope
docker volume create --group g v2
