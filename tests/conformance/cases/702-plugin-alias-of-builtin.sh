echo '{"aliases":{"builder":"image ls"}}' > $DOCKER_CONFIG/config.json; docker ps
