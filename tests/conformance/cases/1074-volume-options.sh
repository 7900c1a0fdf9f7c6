docker volume create -o type=tmpfs v1
docker volume create -o device=tmpfs v1
docker volume create -o foo=bar v1
docker volume create -o size=10m v1
docker volume create -o type=tmpfs -o device=tmpfs -o o=size=1m v1
docker volume inspect --format '{{json .Options}} {{json .Labels}}' v1
