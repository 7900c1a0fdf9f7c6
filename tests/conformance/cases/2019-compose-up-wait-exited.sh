cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'exit 7'}
E
docker compose up --wait 2>&1
