unset DOCKER_HOST
docker context create aa --from default --docker host=unix:///x
docker context create aa --docker from=nope
docker context create aa --from default
docker context create ab --docker from=aa
docker context ls --format '{{.Name}}|{{.Description}}|{{.DockerEndpoint}}'
