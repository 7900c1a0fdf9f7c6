docker run -d --name c1 busybox sleep 1000 >/dev/null
docker top c1 --nosuch; echo $?
docker top c1 -o nosuch; echo $?
docker top c1 -o comm; echo $?
docker top c1 '' | head -1
docker rm -f c1
