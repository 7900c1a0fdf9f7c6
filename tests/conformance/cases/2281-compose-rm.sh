cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose rm -f; docker compose stop 2>q; docker compose rm -f; docker ps -aq; docker compose rm -f
