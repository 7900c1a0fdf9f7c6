docker run --name c1 busybox seq 1 5 >/dev/null
docker logs --tail 2 c1; docker logs --tail 0 c1; docker logs --since x c1; echo $?
docker logs --since 2099-01-01 c1; docker logs --until 2001-01-01 c1
docker logs -f --tail 1 c1
docker rm c1
