docker import -c 'LABEL z=1' $BASE_TAR t1:1 >/dev/null; docker import -c 'LABEL z=2' $BASE_TAR t1:1 >/dev/null
docker image prune -f; docker image prune -f; docker image prune -af --filter label!=z; docker image prune -af | tail -1
