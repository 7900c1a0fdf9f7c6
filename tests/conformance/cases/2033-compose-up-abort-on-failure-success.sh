cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: 'true'}
E
docker compose up --abort-on-container-failure 2>/dev/null
