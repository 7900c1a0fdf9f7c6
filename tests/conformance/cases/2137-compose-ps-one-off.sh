cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run -d --name once a >q 2>&1; docker compose ps --format '{{.Name}}'; docker compose ps -a --format '{{.Name}} {{.Service}}'
