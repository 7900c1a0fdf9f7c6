cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: {b: {condition: service_healthy}}}
  b:
    image: busybox
    command: sh -c 'exit 4'
    healthcheck: {test: "true", interval: 100s}
E
docker compose up -d
