cat >other.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
export COMPOSE_FILE=other.yaml; docker compose up -d; docker compose ps --format '{{.Name}}'; docker compose down
