docker --tls volume ls
docker --tlsverify=false volume ls
docker --tls --tlscacert "$PWD/nope.pem" volume ls
DOCKER_TLS_VERIFY=1 docker volume ls
DOCKER_TLS=1 DOCKER_CERT_PATH=$PWD docker volume ls
docker --tls run --nope
docker --tls logout nowhere
: >"$DOCKER_CONFIG/ca.pem"
docker --tls --tlscert "$PWD/nope.pem" volume ls
docker --tls --tlskey "$PWD/nope.pem" volume ls
docker --tls --tlscacert "$DOCKER_CONFIG" volume ls
docker --tls=false volume ls
