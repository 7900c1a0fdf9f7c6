docker run -d --name c1 busybox sleep 60 >/dev/null; echo in | docker exec c1 cat; echo in | docker exec -i c1 cat; docker exec -i c1 cat </dev/null; echo $?
