docker run -d --name c1 busybox sleep 30 >/dev/null; docker kill -s NOSUCH c1; docker kill -s 0 c1; docker kill -s 99 c1; docker kill nosuch; docker kill -s '' c1
