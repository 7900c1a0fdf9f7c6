unset DOCKER_HOST; mkdir t; echo '{}' > t/meta.json; tar cf a.tar -C t meta.json
docker context import aa a.tar
docker context inspect aa --format '{{.Name}}'
docker context ls
