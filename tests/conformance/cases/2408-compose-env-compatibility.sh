cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
COMPOSE_COMPATIBILITY=1 docker compose up -d; docker compose --compatibility ps --format '{{.Name}}'; docker compose --compatibility down
