cfg() { echo "$1" > $DOCKER_CONFIG/config.json; }
cfg '{"imagesFormat":"{{.Tag}}","networksFormat":"{{.Name}}","volumesFormat":"table {{.Name}}","statsFormat":"{{.Foo"}'
docker volume create v1 >/dev/null
docker images; docker network ls; docker volume ls; docker volume ls -q; docker stats --no-stream; echo "rc $?"
cfg '{"imagesFormat":"{{.Foo}}","networksFormat":"{{.Foo}}","volumesFormat":"{{.Foo}}"}'
docker images; docker network ls; docker volume ls; docker images --format '{{.Tag}}'
