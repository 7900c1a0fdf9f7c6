cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d; docker ps --format '{{.Names}} {{.Image}} {{.Command}}'
