docker run -d --name cc -p 28580:80 -p 127.0.0.1:28581:81/udp -p 127.0.0.1:28582:80 -p '[::1]:28583:80' --expose 99 busybox:latest sleep 60
docker port cc
docker port cc 80
docker port cc 81/udp
docker inspect -f '{{json .HostConfig.PortBindings}} {{json .NetworkSettings.Ports}}' cc
docker ps --format '{{.Names}} {{.Ports}}' -f name=cc
