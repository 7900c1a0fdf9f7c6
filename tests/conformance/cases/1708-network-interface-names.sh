docker network create --opt com.docker.network.container_iface_prefix=lan n1 >/dev/null
docker network create n2 >/dev/null
docker run --rm --network n1 --network n2 busybox ls /sys/class/net
docker run --rm --network name=n2,driver-opt=com.docker.network.endpoint.ifname=Wan0 busybox ls /sys/class/net
