cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d --attach a; docker compose up -d --attach-dependencies; docker compose up --attach a --attach-dependencies
