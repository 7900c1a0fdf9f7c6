docker network create n1 >/dev/null
docker run -d --name c1 busybox sleep 60 >/dev/null
docker network connect nope c1
docker network connect n1 nope
docker network connect --ip 10.77.5.5 n1 c1
docker network connect host c1
docker network disconnect n1 c1
