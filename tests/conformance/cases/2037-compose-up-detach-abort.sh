cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d --abort-on-container-exit; docker compose up -d --abort-on-container-failure; docker compose up --abort-on-container-exit --abort-on-container-failure
