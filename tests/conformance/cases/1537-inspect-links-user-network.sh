docker network create n1 >/dev/null
docker run -d --name c1 --network n1 busybox sleep 50 >/dev/null
docker create --name c2 --network n1 --link c1:al busybox true >/dev/null
docker inspect c2 -f '{{json .HostConfig.Links}} {{json (index .NetworkSettings.Networks "n1").Links}}'
docker run -d --name c3 busybox sleep 50 >/dev/null
docker create --name c4 --link c3:al busybox true >/dev/null
docker inspect c4 -f '{{json .HostConfig.Links}}'
