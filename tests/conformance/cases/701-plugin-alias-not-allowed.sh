echo '{"aliases":{"x":"hello"}}' > $DOCKER_CONFIG/config.json; docker ps; docker --version; docker help
