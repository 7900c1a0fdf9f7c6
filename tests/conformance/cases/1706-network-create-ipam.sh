docker network create --driver bridge --ipam-driver default --ipam-opt a=b --ipam-opt c --scope local --subnet 10.77.1.0/24 --aux-address a=10.77.1.2 --aux-address b=10.77.1.3 n1 >/dev/null
docker network inspect --format '{{.Driver}} {{.Scope}} {{json .IPAM}}' n1
docker run --rm --network n1 busybox sh -c 'ip route | tail -1'
