docker run -d --name c1 busybox sleep 30 >/dev/null; docker exec c1 sh -c 'echo out; echo err >&2' 2>e; cat e; echo in | docker exec -i c1 cat; echo in | docker exec c1 cat
