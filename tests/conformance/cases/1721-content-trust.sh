docker tag busybox localhost:1/bb
docker run --rm --disable-content-trust=false localhost:1/bb true
docker create --disable-content-trust=false localhost:1/bb true
docker pull --disable-content-trust=false localhost:1/bb
DOCKER_CONTENT_TRUST=1 docker run --rm localhost:1/bb true
DOCKER_CONTENT_TRUST=1 docker run --rm --disable-content-trust localhost:1/bb echo unsigned
DOCKER_CONTENT_TRUST=0 docker run --rm localhost:1/bb echo off
DOCKER_CONTENT_TRUST=1 DOCKER_CONTENT_TRUST_SERVER=http://127.0.0.1:2 docker run --rm localhost:1/bb true
DOCKER_CONTENT_TRUST=1 docker run --rm $(docker images -q --no-trunc busybox) echo by id
