cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up --no-start; docker compose ps -a --format '{{.Name}} {{.State}}'
