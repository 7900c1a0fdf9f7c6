cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo a, depends_on: {b: {condition: service_healthy}}}
  b:
    image: busybox
    command: sleep 1000
    init: true
    healthcheck: {test: "true", interval: 1s}
E
docker compose run --rm a
