docker network create --subnet 10.77.1.0/24 n1 >/dev/null
docker network create --subnet 10.77.2.0/24 n2 >/dev/null
docker run -d --name c1 busybox sleep 60 >/dev/null
docker network connect --gw-priority 5 n1 c1
docker network connect --gw-priority -5 n2 c1
docker exec c1 ip route show default
docker inspect --format '{{range .NetworkSettings.Networks}}{{.GwPriority}} {{end}}' c1
