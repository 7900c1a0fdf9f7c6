s=$(date +%s.%N)
docker volume create vv >/dev/null; docker network create n1 >/dev/null
docker run -d --name c1 -v vv:/v --label a=1 busybox sleep 50 >/dev/null
docker exec c1 true; docker rename c1 c2; docker network connect n1 c2; docker network disconnect n1 c2
docker kill c2 >/dev/null; docker wait c2 >/dev/null; docker rm c2 >/dev/null
docker network rm n1 >/dev/null; docker volume rm vv >/dev/null
docker events --since $s --until $(date +%s.%N) --format '{{.Type}} {{.Action}} {{json .Actor.Attributes}} {{.From}}' | sed 's/"execDuration":"[0-9]*",//'
