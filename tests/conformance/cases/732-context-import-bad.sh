unset DOCKER_HOST; echo no > f; docker context import c1 f; docker context import c2 nofile; docker context import c3 - < /dev/null
