docker run -d --name aa busybox sleep 30 >/dev/null; docker run -d --name bb --link aa:db busybox sleep 30 >/dev/null; docker rm --link bb/db; docker rm --link nosuch/x
