cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose --dry-run run --name once a echo hi; docker ps -aq
