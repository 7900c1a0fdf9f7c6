cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose ps; docker compose ps -q; docker compose ps --format json; docker compose ps --services; docker compose ps -a
