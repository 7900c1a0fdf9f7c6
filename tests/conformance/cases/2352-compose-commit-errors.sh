cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose commit; docker compose commit a; docker compose commit x; docker compose up -d >q 2>&1; docker compose commit --index 2 a n; docker compose commit a BAD:name
