docker network create --subnet 10.77.1.0/24 n1 >/dev/null
docker run -d --name c1 busybox sleep 60 >/dev/null
docker network disconnect --force nope c1
docker network disconnect --force n1 nope
docker network disconnect n1 nope
docker network disconnect --force n1 c1
docker network disconnect --force bridge c1 && docker exec c1 ls /sys/class/net
