docker network create n1 >/dev/null
option=driver-opt=com.docker.network.endpoint.sysctls
docker run --rm --network name=n1,$option=net.ipv4.conf.IFNAME.log_martians=1 busybox cat /proc/sys/net/ipv4/conf/eth0/log_martians
docker run --rm --network name=n1,$option=net.ipv4.conf.eth0.log_martians=1 busybox true
docker run --rm --network name=n1,$option=kernel.IFNAME=1 busybox true
