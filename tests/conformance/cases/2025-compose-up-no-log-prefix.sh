cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hello}
E
docker compose up --no-log-prefix
