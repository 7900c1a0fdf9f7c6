cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose ls --filter name=nothing; docker compose ls --filter name='^de' -q; docker compose ls --filter status=running; docker compose ls --filter name
