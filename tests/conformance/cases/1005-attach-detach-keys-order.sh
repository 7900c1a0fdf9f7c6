docker attach --detach-keys=ctrl-aa missing; docker run -d --name c1 busybox sleep 60 >/dev/null; docker attach --detach-keys=ctrl-aa c1; docker exec --detach-keys=a, c1 true; echo $?
