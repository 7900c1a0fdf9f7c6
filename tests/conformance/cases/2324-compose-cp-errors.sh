cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose cp nothing a:/tmp; docker compose cp a:/nothing .; docker compose cp x:/f .; docker compose cp a:/f a:/g; docker compose cp f g; docker compose cp f; docker compose cp
