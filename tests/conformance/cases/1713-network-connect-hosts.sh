docker network create --subnet 10.77.1.0/24 n1 >/dev/null
docker run -d --name c1 --hostname h1 busybox sleep 60 >/dev/null
docker network connect n1 c1
docker exec c1 grep h1 /etc/hosts
docker network disconnect bridge c1
docker exec c1 grep h1 /etc/hosts
