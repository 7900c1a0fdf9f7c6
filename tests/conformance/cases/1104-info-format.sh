docker info --format '{{.OSType}} {{.LoggingDriver}} {{.Swarm.LocalNodeState}}'
docker info --format '{{json .Plugins.Volume}} {{.ServerErrors}}'
docker info extra
