docker create --name c1 busybox true >/dev/null; docker run -d --name c2 busybox sleep 60 >/dev/null
for verb in start stop rm "rm -f" logs unpause "network connect bridge"; do docker __complete $verb "" 2>/dev/null; done
