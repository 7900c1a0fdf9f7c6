docker create --name c1 -l x=1 busybox >/dev/null
S=$(date +%s.%N)
docker commit c1 img:1 >/dev/null
docker tag img:1 img:2
docker rmi img:1 img:2 >/dev/null
docker events --since $S --until $(date +%s.%N) --format '{{.Type}} {{.Action}} {{json .Actor.Attributes}}'
