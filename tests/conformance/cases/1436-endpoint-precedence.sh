unset DOCKER_HOST
docker context create aa --docker host=unix:///aa > /dev/null
docker -H unix:///x context ls
DOCKER_HOST=unix:///x DOCKER_CONTEXT=aa docker context show
DOCKER_HOST=unix:///x docker --context aa context ls
DOCKER_HOST=unix:///x docker context ls -q
docker -H unix:///x -c aa context show
