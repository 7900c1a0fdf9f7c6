docker run -d --name c1 busybox sleep 30 >/dev/null; docker pause c1; docker start c1; docker restart -t 0 c1; docker inspect -f '{{.State.Status}}' c1
