cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'while true; do sleep 1000; done # a long one', init: true}
E
docker compose up -d >q 2>&1
docker compose ps; docker compose ps --no-trunc; docker compose ps --no-trunc --format '{{.Command}}'; docker compose ps --format '{{.Command}}'
