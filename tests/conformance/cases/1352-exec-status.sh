docker run -d --name c1 busybox sleep 30 >/dev/null; docker exec c1 sh -c 'exit 9'; echo $?; docker exec c1 nosuch; echo $?; docker exec c1 /etc; echo $?; docker exec c1 sh -c 'kill -9 $$'; echo $?
