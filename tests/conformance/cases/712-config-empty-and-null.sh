: > $DOCKER_CONFIG/config.json; docker ps -q; echo null > $DOCKER_CONFIG/config.json; docker ps -q; echo '{} trailing' > $DOCKER_CONFIG/config.json; docker ps -q
