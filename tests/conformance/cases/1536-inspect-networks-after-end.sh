docker network create n1 >/dev/null
docker run --name c1 --network n1 --network-alias al --hostname h1 busybox true
docker inspect c1 -f '{{range $n, $e := .NetworkSettings.Networks}}{{$n}} {{len $e.NetworkID}} {{index $e.DNSNames 0}} {{len $e.DNSNames}} {{json $e.Aliases}} [{{$e.IPAddress}}{{$e.EndpointID}}{{$e.Gateway}}]{{end}}'
docker ps -a --format '{{.Names}} {{.Networks}}' --filter network=$(docker network inspect -f '{{.Id}}' n1)
docker create --name c2 --network n1 busybox true >/dev/null
docker ps -a --format '{{.Names}}' --filter network=$(docker network inspect -f '{{.Id}}' n1)
docker ps -a --format '{{.Names}}' --filter network=n1
