unset DOCKER_HOST
DOCKER_CERT_PATH=/nope DOCKER_TLS_VERIFY=1 docker context ls
docker --tlscacert nope --tls ps
