docker network create n1 >/dev/null
docker network rm n1 nope bridge
docker network rm -f nope
docker network rm
