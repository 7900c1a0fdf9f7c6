cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose rm; docker compose rm -f; docker compose -p nothing rm -f
