unset DOCKER_HOST; docker context create c1 --docker host=unix:///x >/dev/null 2>&1; docker context export c1 - | tar tf -; docker context export nosuch - 2>&1 | cut -c1-40
