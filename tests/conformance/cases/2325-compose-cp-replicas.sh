cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d --scale a=2 >q 2>&1; echo content >f; docker compose cp --index 2 f a:/tmp/f; docker compose exec --index 1 a ls /tmp; docker compose exec --index 2 a ls /tmp; docker compose cp f a:/tmp/all 2>&1 | sort; docker compose exec --index 1 a ls /tmp/all; docker compose cp --index 3 f a:/tmp
