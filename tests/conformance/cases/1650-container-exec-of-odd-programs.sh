docker run -d --name c1 busybox sleep 1000 >/dev/null
docker exec c1 /etc/passwd; echo $?
docker exec c1 /etc; echo $?
docker exec c1 /nosuch/x; echo $?
docker exec c1 sh -c 'kill -9 $$'; echo $?
docker rm -f c1
