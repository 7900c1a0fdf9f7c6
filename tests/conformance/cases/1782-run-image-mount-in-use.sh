docker tag busybox other:1; docker create --name base busybox >/dev/null; docker commit base mine >/dev/null; docker rm base; docker create --name user --mount type=image,src=mine,dst=/m busybox true >/dev/null
docker rmi mine 2>&1 | sed 's/container [0-9a-f]*/container ID/; s/image [0-9a-f]*/image ID/'; docker image prune -af --filter until=1h; docker rm user; docker rmi mine | grep Untagged
