cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hello}
E
docker compose up --timestamps 2>/dev/null
