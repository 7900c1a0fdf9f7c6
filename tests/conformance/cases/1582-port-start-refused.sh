docker run -d --name ca -p 127.0.0.1:28585:80 busybox:latest sleep 60
docker kill ca
docker run -d --name cb -p 127.0.0.1:28585:80 busybox:latest sleep 60
docker start ca
docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' ca
docker port ca
