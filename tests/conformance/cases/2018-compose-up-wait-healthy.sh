cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: sleep 1000
    init: true
    healthcheck: {test: "true", interval: 1s}
E
docker compose up --wait; docker compose ps --format '{{.Name}} {{.Health}}'
