cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
export COMPOSE_PROGRESS=json; docker compose up -d; COMPOSE_PROGRESS=quiet docker compose stop; docker compose --progress plain down; COMPOSE_PROGRESS=wrong docker compose ps
