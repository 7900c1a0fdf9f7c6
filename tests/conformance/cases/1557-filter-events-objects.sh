s=$(date +%s.%N)
docker create --name c1 --label a=1 busybox true >/dev/null; docker create --name c10 busybox true >/dev/null; docker volume create c1vol >/dev/null; docker network create n1 >/dev/null
docker tag busybox c1img:1; docker rm c1 >/dev/null; docker rm c10 >/dev/null; docker network rm n1 >/dev/null
e() { echo "$*"; docker events --since $s --until $(date +%s.%N) --format ' {{.Type}} {{.Action}} {{.Actor.Attributes.name}}' "$@"; }
e --filter container=c1; e --filter container=c10; e --filter network=n; e --filter volume=c1; e --filter container=; e --filter image=busybox; e --filter image=c1img; e --filter image=c1img:1; e --filter label=a; e --filter label=a=2; e --filter event=exec_create --filter event=create; e --filter foo=bar --filter type=network; e --filter scope=local --filter type=volume; e --filter daemon=n1
