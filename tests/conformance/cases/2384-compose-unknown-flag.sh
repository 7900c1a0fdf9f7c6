cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up --bogus; docker compose --bogus up; docker compose ps -Z
