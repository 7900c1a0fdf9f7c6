unset DOCKER_HOST; docker context create c1 --docker host=unix:///x >/dev/null 2>&1; docker context rm c1 default nosuch; docker context rm -f nosuch2; docker context ls -q
