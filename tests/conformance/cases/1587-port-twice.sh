docker run -d --name ca -p 127.0.0.1:28590:80 -p 127.0.0.1:28590:81 busybox:latest sleep 60
docker inspect -f '{{.State.Status}} {{json .NetworkSettings.Ports}}' ca
docker run -d --name cb -p 127.0.0.1:28590:80 -p 127.0.0.1:28590:80/udp busybox:latest sleep 60
docker port cb
docker start ca
