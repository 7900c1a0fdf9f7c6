docker run -d --name c1 busybox sleep 60 >/dev/null
docker exec -d c1 sleep 50; docker exec -d c1 sleep 50
docker inspect c1 -f '{{len .ExecIDs}}'; docker exec -d c1 nosuch; docker inspect c1 -f '{{len .ExecIDs}}'
docker restart -t 0 c1 >/dev/null; docker inspect c1 -f '{{.ExecIDs}}'
