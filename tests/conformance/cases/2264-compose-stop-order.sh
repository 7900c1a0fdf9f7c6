cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose stop; docker compose start 2>q; docker compose stop b; docker compose ps --format '{{.Name}}'
