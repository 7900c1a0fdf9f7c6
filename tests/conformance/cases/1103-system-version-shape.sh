docker version --format '{{json .Client}}' | shape
docker version --format '{{.Server.Os}} {{.Client.Os}}'
docker version --format '{{.Nope}}'
