docker network create --subnet 10.77.1.0/24 n1 >/dev/null
docker run --rm --network n1 --link-local-ip 169.254.7.7 busybox sh -c 'ip -o -4 addr show eth0 | cut -d" " -f2-9'
docker run --rm --network n1 --link-local-ip bad busybox true
docker run --rm --network n1 --ip6 2001:db8::33 busybox true
docker run --rm --network n1 --ip bad busybox true
docker run --rm --network n1 --ip 10.78.1.1 busybox true
