docker create --name c1 busybox true >/dev/null; docker start ' c1 '; docker inspect -f '{{.Name}}' 'c1 '; docker stop ' '; echo $?
