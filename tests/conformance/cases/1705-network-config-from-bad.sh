docker network create --config-only --subnet 10.77.2.0/24 cfg >/dev/null
docker network create --config-from cfg --subnet 10.77.3.0/24 n3
docker network create --config-from cfg --opt a=b n3
docker network create --config-from cfg --label a=b n3
docker network create --config-from bridge n3
docker run --rm --network cfg busybox true
