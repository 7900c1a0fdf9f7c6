docker run --name c1 busybox true; docker commit c1 busybox:latest >/dev/null; docker commit c1 x:1 >/dev/null
docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'; docker images -q | sort -u | wc -l; docker images -aq | sort -u | wc -l
