cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
export COMPOSE_PROJECT_NAME=fromenv; docker compose up -d; docker compose -p flag up -d; docker compose ls -q; docker compose -p flag down; docker compose down
