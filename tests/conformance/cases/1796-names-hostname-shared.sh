docker run -d --name n1543 --hostname h --domainname d.e busybox sleep 60 >/dev/null
docker exec n1543 sh -c 'cat /etc/hostname /proc/sys/kernel/domainname; grep -o "h\.d.*" /etc/hosts'
docker run --rm --network container:n1543 busybox sh -c 'cat /etc/hostname /proc/sys/kernel/domainname; grep -o "h\.d.*" /etc/hosts'
docker rm -f n1543
