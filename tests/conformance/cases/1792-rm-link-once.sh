docker run -d --name db busybox sleep 60 >/dev/null; docker run -d --name web --link db:alias busybox sleep 60 >/dev/null
docker rm --link web/alias; docker inspect -f '{{.HostConfig.Links}}' web; docker ps --format '{{.Names}}' | sort; docker rm -f web db
