cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: printf '\n one\n\ttwo\r\n\n'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker compose logs | cat -A
