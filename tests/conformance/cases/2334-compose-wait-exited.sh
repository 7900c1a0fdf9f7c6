cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'exit 6'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker compose wait a
