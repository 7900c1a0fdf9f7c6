cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose -p second up -d >q 2>&1; docker compose ls -q; docker compose ls -q --filter name=sec
