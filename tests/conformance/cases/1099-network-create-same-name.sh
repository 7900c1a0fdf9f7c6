docker network create n1 >/dev/null
docker network create n1
docker network create --subnet 10.77.3.0/24 n2 >/dev/null
docker network create --subnet 10.77.3.0/25 n3
docker network inspect --format '{{json .IPAM.Config}}' n2
