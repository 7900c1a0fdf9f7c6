cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: {b: {condition: service_started, restart: true}}}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose restart --no-deps b; docker compose restart -t 1 a
