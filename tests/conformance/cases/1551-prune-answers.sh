for a in y Y yes YES ' y' n '' q; do docker create busybox true >/dev/null; echo "[$a]"; echo "$a" | docker container prune; echo " rc $?"; done | grep -v '^[0-9a-f<]'
docker image prune </dev/null; echo " rc $?"; docker volume prune -a </dev/null; echo " rc $?"; printf y | docker network prune; echo " rc $?"
