H=$DOCKER_HOST; unset DOCKER_HOST
docker context create aa --docker host=${H:-unix:///var/run/docker.sock} > /dev/null
docker context use aa > /dev/null
docker version --format '{{.Client.Context}}'
docker info --format '{{.ClientInfo.Context}}'
