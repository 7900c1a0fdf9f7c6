docker run -d --name c1 busybox sleep 30 >/dev/null; docker inspect -f '{{json .ExecIDs}}' c1; docker exec -d c1 sleep 20; docker inspect -f '{{len .ExecIDs}}' c1
