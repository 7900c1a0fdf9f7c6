cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
echo from here | docker compose exec -T a cat; echo again | docker compose exec -T a wc -c
