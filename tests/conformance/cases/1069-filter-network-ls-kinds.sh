docker network create --label env=dev n1 >/dev/null
docker network create --label env=prod n2 >/dev/null
docker network ls --filter type=custom --format '{{.Name}}'
docker network ls --filter type=builtin --filter driver=null --format '{{.Name}}'
docker network ls --filter label=env=prod --format '{{.Name}}'
docker network ls --filter 'name=^n' --format '{{.Name}}'
