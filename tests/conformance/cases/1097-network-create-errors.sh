docker network create bridge
docker network create --driver nope n1
docker network create --subnet 10.9.0.0/33 n1
docker network create --subnet 10.9.0.0/24 --gateway 10.8.0.1 n1
docker network create --subnet 10.9.0.0/24 --ip-range 10.8.0.0/25 n1
docker network create --gateway 10.9.0.1 n1
