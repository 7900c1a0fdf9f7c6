cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo one; echo two; echo three'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q
docker compose logs --tail x; docker compose logs --tail -1
