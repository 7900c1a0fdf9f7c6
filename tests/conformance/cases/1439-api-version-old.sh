DOCKER_API_VERSION=1.20 docker ps
DOCKER_API_VERSION=1.20 docker version --format '{{.Client.APIVersion}} {{.Client.DefaultAPIVersion}}'
DOCKER_API_VERSION=v1.41 docker version --format '{{.Client.APIVersion}}'
DOCKER_API_VERSION=x docker ps
DOCKER_API_VERSION=1.43 docker volume ls
