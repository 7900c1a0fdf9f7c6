cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo err a >&2'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker compose logs 2>/dev/null; docker compose logs >/dev/null
