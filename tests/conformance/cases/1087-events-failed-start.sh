docker create --name c1 -v data:/d busybox nope >/dev/null
S=$(date +%s.%N)
docker start c1 2>/dev/null
docker events --since $S --until $(date +%s.%N) --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'
