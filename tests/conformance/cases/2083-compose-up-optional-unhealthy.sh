cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: {b: {condition: service_healthy, required: false}}}
  b:
    image: busybox
    command: sleep 1000
    init: true
    healthcheck: {test: "false", interval: 200ms, retries: 1}
E
docker compose up -d
