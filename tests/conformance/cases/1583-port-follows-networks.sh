docker network create --internal ci >/dev/null
docker run -d --name cc --network ci -p 127.0.0.1:28586:80 --expose 99 busybox:latest sleep 60
docker inspect -f '{{json .NetworkSettings.Ports}}' cc
docker network connect bridge cc && docker port cc
docker inspect -f '{{json .NetworkSettings.Ports}}' cc
docker network disconnect bridge cc && docker inspect -f '{{json .NetworkSettings.Ports}}' cc
