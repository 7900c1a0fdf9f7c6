docker volume create v1 >/dev/null
docker inspect -s v1 -f '{{.Name}}'; docker inspect -s busybox bridge nosuch -f '{{.Id}}' | sed 's/[0-9a-f]*//'
