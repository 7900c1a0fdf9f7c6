docker create --name c1 busybox true >/dev/null
for c in 'ps -a' 'images' 'network ls' 'volume ls' 'history busybox' 'system df' 'system df -v' 'info' 'volume create v1' 'tag busybox b:1' 'rename c1 c2' 'rm c2' 'container prune -f'; do docker $c >/dev/full 2>err; echo "$c: $?"; grep -v '^WARNING: ' err; done
docker volume ls -q
