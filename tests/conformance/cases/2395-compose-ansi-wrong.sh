cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose --ansi sometimes ps; docker compose --parallel x ps; docker compose --parallel 1 ps --format '{{.Name}}'; docker compose --env-file nothing ps; docker compose --project-directory nowhere ps
