docker run -d --name c1 busybox sleep 60 >/dev/null; docker exec -w /tmp c1 pwd; docker exec -w rel c1 pwd; echo $?; docker exec -w /no/dir c1 pwd; echo $?; docker exec -d -w rel c1 pwd; echo $?
