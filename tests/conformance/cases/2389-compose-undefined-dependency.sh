cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, depends_on: [nothing]}
E
docker compose up -d; docker compose ps; docker compose down
