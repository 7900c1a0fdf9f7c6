docker run --rm --dns 192.0.2.1 --dns 192.0.2.2 --dns-search a.b --dns-search c.d --dns-option timeout:1 --dns-option ndots:2 busybox cat /etc/resolv.conf
docker run --rm --network none --dns 192.0.2.1 --dns-search . busybox cat /etc/resolv.conf
docker run --rm --network host --dns 192.0.2.1 --dns-option ndots:3 busybox cat /etc/resolv.conf
docker network create n1540 >/dev/null
docker run --rm --network n1540 --dns 192.0.2.1 --dns-search a.b busybox cat /etc/resolv.conf
docker run --rm --network n1540 --dns 192.0.2.1 --dns-option ndots:2 busybox cat /etc/resolv.conf
docker network rm n1540
