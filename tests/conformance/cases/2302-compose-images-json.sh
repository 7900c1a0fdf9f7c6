cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose images --format json; docker compose up -d >q 2>&1; docker compose images --format json | shape; docker compose images --format yaml
