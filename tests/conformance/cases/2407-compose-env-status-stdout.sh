cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
export COMPOSE_STATUS_STDOUT=1; docker compose up -d 2>/dev/null; docker compose down 2>/dev/null
