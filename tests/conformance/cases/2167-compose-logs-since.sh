cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo one; echo two; echo three'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q
docker compose logs --since 1h; docker compose logs --since 2099-01-01T00:00:00Z; docker compose logs --until 2000-01-01; docker compose logs --since yesterday
