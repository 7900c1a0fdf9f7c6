cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose pause; docker compose ps; docker compose ps --status paused --format '{{.Name}}'; docker compose unpause
