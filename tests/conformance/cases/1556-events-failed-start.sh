s=$(date +%s.%N)
docker run --name c1 busybox nosuch 2>/dev/null; docker run -d --name c2 busybox nosuch >/dev/null 2>&1
docker start -a c1 2>/dev/null; docker start c1 2>/dev/null
docker events --since $s --until $(date +%s.%N) --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'
