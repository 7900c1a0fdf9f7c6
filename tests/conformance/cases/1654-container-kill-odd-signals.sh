docker run -d --name c1 --init busybox sleep 1000 >/dev/null
docker kill -s 0 c1; docker kill -s 65 c1; docker kill -s NOSUCH c1
docker kill -s RTMIN+16 c1; docker kill -s ' KILL' c1
docker kill -s RTMAX-1 c1; docker wait c1
docker rm c1
