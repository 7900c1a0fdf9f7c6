docker run --rm --dns 192.0.2.7 --dns-search example.org busybox cat /etc/resolv.conf | grep -v '^#'
docker create --hostname h --domainname d --name c1 --quiet busybox >/dev/null
docker inspect --format '{{.Name}} {{.Config.Hostname}} {{.Config.Domainname}}' c1
docker run --rm busybox true
docker ps -aq | wc -l
