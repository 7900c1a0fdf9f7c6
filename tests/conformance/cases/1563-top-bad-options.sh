docker run -d --name c1 busybox sleep 50 >/dev/null
docker top c1 -o bogus; docker top c1 --bogus; docker top c1 -p; docker top c1 -eo user; docker top c1 -eo pid=X,comm | head -1; docker top c1 aux | head -1
