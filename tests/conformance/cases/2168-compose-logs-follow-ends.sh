cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo one; sleep 1; echo two'}
E
docker compose up -d >q 2>&1
docker compose logs -f
