cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose images -q | wc -c; docker compose images a | wc -l; docker compose images x; docker compose images -q a
