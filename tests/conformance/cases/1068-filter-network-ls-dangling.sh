docker network create lonely >/dev/null
docker network ls --filter dangling=true --format '{{.Name}}'
docker network ls --filter dangling=x
docker network ls --filter dangling=true --filter dangling=false
docker network ls --filter 'label!=x'
