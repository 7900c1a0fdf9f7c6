unset DOCKER_HOST; echo '{"currentContext":"nosuch"}' > $DOCKER_CONFIG/config.json; docker context show; docker context ls -q
