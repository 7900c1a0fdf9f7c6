cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
cp compose.yaml docker-compose.yml; docker compose ps --format '{{.Name}}' 2>&1 | sed 's/time="[^"]*"/time=T/'
