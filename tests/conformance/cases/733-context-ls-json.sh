unset DOCKER_HOST; docker context create c1 --description d --docker host=unix:///x >/dev/null 2>&1; docker context ls --format json; docker context ls --format '{{json .}}' | head -1
