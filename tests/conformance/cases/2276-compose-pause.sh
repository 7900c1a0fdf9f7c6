cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose pause; docker compose pause; docker compose ps --format '{{.State}}'; docker compose unpause; docker compose unpause; docker compose pause x
