cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose create 2>q; docker compose start a; docker compose ps --format '{{.Name}}'
