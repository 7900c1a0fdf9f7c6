docker run -d --name ca -p 203.0.113.9:28591:80 busybox:latest sleep 60
docker ps -a --format '{{.Names}} {{.Status}} {{.Ports}}' -f name=ca
docker run -d --name cb -p 127.0.0.1:28591:80 busybox:latest sleep 60
docker port cb
