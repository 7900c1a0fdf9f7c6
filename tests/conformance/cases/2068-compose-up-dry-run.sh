cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose --dry-run up -d; docker ps -aq; docker compose up --dry-run -d
