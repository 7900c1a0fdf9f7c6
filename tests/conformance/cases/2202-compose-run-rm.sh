cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --rm a sh -c 'echo out; echo err >&2; exit 5'; docker ps -aq
