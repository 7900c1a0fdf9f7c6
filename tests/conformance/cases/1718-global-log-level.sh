docker --log-level error volume ls
docker --log-level nope volume ls
docker -l nope --version
