cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run -d a; docker ps -a --format '{{.Names}}'; docker compose down --remove-orphans 2>&1 | sed 's/run-[0-9a-f]*/run/'
