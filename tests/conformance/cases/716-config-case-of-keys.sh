echo '{"PSFORMAT":"{{.Names}}"}' > $DOCKER_CONFIG/config.json; docker create --name kept busybox >/dev/null; docker ps -a
