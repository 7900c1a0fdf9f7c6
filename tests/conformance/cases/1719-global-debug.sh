docker --debug info --format '{{.ClientInfo.Debug}}'
docker info --format '{{.ClientInfo.Debug}}'
