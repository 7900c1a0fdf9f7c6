cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
echo content >f; docker compose cp f a:/tmp/g; docker compose exec a cat /tmp/g; docker compose cp a:/tmp/g h; cat h
