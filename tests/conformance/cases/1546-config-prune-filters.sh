cfg() { echo "$1" > $DOCKER_CONFIG/config.json; }
docker create --name c1 --label a=1 busybox true >/dev/null
cfg '{"pruneFilters":["label=zzz"]}'; docker system prune --filter label!=q </dev/null; echo
cfg '{"pruneFilters":["until=1h"]}'; docker container prune -f --filter until=2h; docker volume prune -f; docker container prune -f
cfg '{"pruneFilters":["foo=bar"]}'; docker container prune -f; docker network prune -f; docker image prune -f
cfg '{"pruneFilters":["bogus"]}'; docker image prune -f
cfg '{"pruneFilters":["label=zzz"]}'; docker container prune -f | tail -1; docker ps -aq
