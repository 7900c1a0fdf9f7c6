cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker run -d --init --name guest --network demo_default busybox sleep 1000 >q; docker compose down
