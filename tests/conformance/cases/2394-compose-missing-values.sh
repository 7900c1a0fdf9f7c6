cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose -f; docker compose up --scale; docker compose logs --tail; docker compose run -e; docker compose -p
