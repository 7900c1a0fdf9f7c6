docker create --name aa -p 127.0.0.1:18170:80 busybox >/dev/null
docker create --name bb --expose 81 busybox >/dev/null
docker run -d --name cc -p 127.0.0.1:18171:82 busybox sleep 60 >/dev/null
docker run -d --name dd --expose 83 busybox sleep 60 >/dev/null
for filter in publish=80 expose=81 publish=82 publish=83 expose=83 expose=82/tcp publish=1-90; do
  echo $filter: $(docker ps -a --filter $filter --format '{{.Names}}' | sort)
done
