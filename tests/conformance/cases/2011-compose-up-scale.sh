cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d --scale a=3 2>&1 | sort; docker compose ps --format '{{.Name}}'
