docker create --name c1 busybox sleep 30 >/dev/null; docker restart -t 0 c1; docker inspect -f '{{.State.Status}} {{.RestartCount}}' c1; docker restart -t 0 c1 nosuch; echo $?
