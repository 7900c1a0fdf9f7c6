rm $DOCKER_CONFIG/config.json; mkdir $DOCKER_CONFIG/config.json; docker volume ls -q
