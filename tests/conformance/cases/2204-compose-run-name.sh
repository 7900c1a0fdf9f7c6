cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --name once a echo hi; docker ps -a --format '{{.Names}}'; docker compose run --name once a echo hi
