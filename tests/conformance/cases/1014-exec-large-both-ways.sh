docker run -d --name c1 busybox sleep 60 >/dev/null; seq 1 200000 | docker exec -i c1 cat | md5sum
