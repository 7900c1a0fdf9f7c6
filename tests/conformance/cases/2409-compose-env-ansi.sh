cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
COMPOSE_ANSI=never docker compose up -d; COMPOSE_ANSI=wrong docker compose ps; COMPOSE_PARALLEL_LIMIT=1 docker compose down; COMPOSE_PARALLEL_LIMIT=x docker compose ps
