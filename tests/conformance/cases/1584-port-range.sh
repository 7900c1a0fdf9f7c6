docker run -d --name ca -p 127.0.0.1:28587-28588:80 busybox:latest sleep 60
docker run -d --name cb -p 127.0.0.1:28587-28588:80 busybox:latest sleep 60
docker run -d --name cc -p 127.0.0.1:28587-28588:80 busybox:latest sleep 60
docker port ca
docker port cb
docker inspect -f '{{.State.Status}} {{json .NetworkSettings.Ports}}' cc
