echo '{bad' > $DOCKER_CONFIG/config.json; docker ps -q; docker nosuch
