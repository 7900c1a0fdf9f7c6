cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d --scale a=2 >q 2>&1; docker compose exec --index 2 a cat /etc/hostname | wc -l; docker compose exec --index 3 a true; docker compose exec --index x a true
