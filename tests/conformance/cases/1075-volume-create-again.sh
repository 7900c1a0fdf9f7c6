docker volume create --label a=1 v1
docker volume create --label b=2 -o bad=1 v1
docker volume create -d nope v1
docker volume inspect --format '{{json .Labels}}' v1
