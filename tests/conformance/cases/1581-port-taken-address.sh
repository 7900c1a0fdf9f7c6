docker run -d --name ca -p 127.0.0.1:28584:80 busybox:latest sleep 60
docker run -d --name cb -p 0.0.0.0:28584:80 busybox:latest sleep 60
docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{json .NetworkSettings.Ports}}' cb
docker run -d --name cc -p 127.0.0.2:28584:80 busybox:latest sleep 60
docker stop -t 0 ca
docker start cb
