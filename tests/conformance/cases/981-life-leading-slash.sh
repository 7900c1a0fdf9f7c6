docker create --name c1 busybox true >/dev/null; docker start /c1; docker wait /c1; docker rm /c1; docker start /c1; docker kill /c1
