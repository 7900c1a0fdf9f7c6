cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
COMPOSE_IGNORE_ORPHANS=1 docker compose up -d --remove-orphans
