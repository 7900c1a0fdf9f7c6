docker exec -it missing true; docker create --name c1 busybox true >/dev/null; docker exec -it c1 true; docker exec -dit c1 true; docker exec -i c1 true; echo $?
