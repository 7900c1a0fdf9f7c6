docker run -d --name c1 busybox sleep 60 >/dev/null; docker stop --time 0 c1; docker start c1; docker restart --time 0 c1; docker inspect -f '{{.State.Running}}' c1
