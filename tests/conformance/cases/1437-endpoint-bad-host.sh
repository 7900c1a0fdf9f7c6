DOCKER_HOST=foo://x docker ps
DOCKER_HOST=foo://x docker context ls
DOCKER_HOST=foo://x docker context show
DOCKER_HOST=foo://x docker ps --nope
DOCKER_HOST=tcp://1.2.3.4:x docker ps
docker -H unix:///x -H unix:///y context ls
