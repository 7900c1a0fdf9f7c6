docker run -d --name c1 busybox sleep 1000 >/dev/null
docker pause c1; docker pause c1 2>&1 | sed 's/[0-9a-f]\{64\}/ID/'
docker exec c1 true; echo $?
docker attach c1; echo $?
docker unpause c1
docker rm -f c1
