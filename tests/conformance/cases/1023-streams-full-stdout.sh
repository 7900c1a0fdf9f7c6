docker run -d --name c1 busybox sleep 60 >/dev/null; docker run --rm busybox echo hi >/dev/full; echo $?; docker exec c1 echo hi >/dev/full; echo $?; docker logs missing >/dev/full; echo $?
