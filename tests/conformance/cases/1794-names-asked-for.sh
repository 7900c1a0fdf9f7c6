docker network create n1541 >/dev/null
docker run -d --name n1541-web --hostname shop --network n1541 --network-alias al --network-alias Mixed.Al busybox sleep 60 >/dev/null
docker run --rm --network n1541 --link n1541-web:lnk --dns-option ndots:1 busybox sh -c 'for name in n1541-web N1541-WEB. n1541-web.n1541 al mixed.al shop lnk; do
    nslookup -type=a $name | tail -n +4 | sed "s/[0-9]*\.[0-9.]*$/ADDRESS/"; done; nslookup -type=aaaa al | tail -n +4; cat /etc/hosts | grep -c lnk'
docker rm -f n1541-web
docker network rm n1541
