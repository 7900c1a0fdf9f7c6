cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000}
E
docker compose up -d >q 2>&1
docker compose up -d --force-recreate -t 0; docker compose down -t 0
