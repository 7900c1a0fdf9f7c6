unset DOCKER_HOST
docker context create aa --description one --docker host=tcp://h:1 > /dev/null
docker context update aa --docker host=tcp://new:1
docker context update aa
docker context update aa --docker foo=x
docker context inspect aa --format '{{json .Endpoints}} {{.Name}}'
