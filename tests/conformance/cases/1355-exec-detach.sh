docker run -d --name c1 busybox sleep 30 >/dev/null; docker exec -d c1 sh -c 'echo x > /f'; sleep 0.4; docker exec c1 cat /f; docker exec -d c1 nosuch; echo $?
