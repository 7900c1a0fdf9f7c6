docker network create --config-only --subnet 10.77.2.0/24 --opt com.docker.network.driver.mtu=1400 --label a=b cfg >/dev/null
docker network create --config-from cfg n2 >/dev/null
docker network inspect --format '{{json .}}' cfg n2 | sed 's/"Created":"[^"]*"//'
docker run --rm --network n2 busybox sh -c 'cat /sys/class/net/eth0/mtu; ip route | tail -1'
docker network rm n2 >/dev/null
