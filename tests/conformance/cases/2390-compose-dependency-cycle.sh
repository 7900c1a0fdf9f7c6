cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, depends_on: [b]}
  b: {image: busybox, depends_on: [a]}
E
docker compose up -d
