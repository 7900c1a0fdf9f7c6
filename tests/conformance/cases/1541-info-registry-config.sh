docker info --format '{{json .RegistryConfig}}'
docker info --format '{{.RegistryConfig.Mirrors}} {{(index .RegistryConfig.IndexConfigs "docker.io").Official}}'
