docker run -d --name c1 busybox sleep 30 >/dev/null; echo x | docker exec -it c1 cat; echo $?
