docker network create --subnet 10.77.1.0/24 --aux-address kept=10.77.1.2 n1 >/dev/null
docker run -d --name c1 busybox sleep 60 >/dev/null
docker network connect --ip 10.77.1.9 --link-local-ip 169.254.8.8 --driver-opt com.docker.network.endpoint.ifname=second0 --alias other n1 c1
docker inspect --format '{{with index .NetworkSettings.Networks "n1"}}{{.IPAddress}} {{json .IPAMConfig}} {{json .Aliases}} {{json .DriverOpts}}{{end}}' c1
docker exec c1 sh -c 'ip -o -4 addr show second0 | cut -d" " -f2-9'
