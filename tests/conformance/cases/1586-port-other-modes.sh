docker run -d --name cn --network none -p 28589:80 busybox:latest sleep 60
docker inspect -f '{{json .NetworkSettings.Ports}}' cn
docker run -d --name ch --network host -p 28589:80 busybox:latest sleep 60
docker ps --format '{{.Names}} {{.Ports}}' -f name=cn -f name=ch
docker run -d --network container:cn -p 28589:80 busybox:latest sleep 60
docker run -d --network container:cn --expose 80 busybox:latest sleep 60
