cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose create; docker compose ps -a --format '{{.Name}} {{.State}}'; docker compose start; docker compose ps --format '{{.Name}} {{.State}}'
