cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose -p 'Bad Name' ps; COMPOSE_PROJECT_NAME=UPPER docker compose ps; docker compose -p '' ps --format '{{.Name}}'; docker compose -p _x ps
