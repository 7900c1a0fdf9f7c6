docker run -d --name n1542-a --hostname ha busybox sleep 60 >/dev/null
docker run -d --name n1542-b --link n1542-a:lnk busybox sleep 60 >/dev/null
docker exec n1542-b grep -o 'lnk.*' /etc/hosts
docker rename n1542-a n1542-c && docker inspect -f '{{.HostConfig.Links}}' n1542-b
docker restart -t 0 n1542-b && docker exec n1542-b grep -o 'lnk.*' /etc/hosts
docker rm -f n1542-b n1542-c
