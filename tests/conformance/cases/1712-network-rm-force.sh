docker network create n1 >/dev/null
docker network rm --force nope n1
docker network rm nope
docker network rm --force bridge
