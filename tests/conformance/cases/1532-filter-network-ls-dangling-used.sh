docker network create n1 >/dev/null; docker network create n2 >/dev/null
docker run -d --name c1 --network n1 busybox sleep 50 >/dev/null
docker network ls --format '{{.Name}}' --filter dangling=true
docker network ls --format '{{.Name}}' --filter dangling=false
