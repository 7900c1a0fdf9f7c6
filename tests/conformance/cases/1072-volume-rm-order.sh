docker volume create v1 >/dev/null
docker volume create v2 >/dev/null
docker volume rm v1 nope v2 2>&1
docker volume rm ''
docker volume rm -f nope
docker volume inspect ''
