cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --rm a tty; docker compose run --rm -T a tty; docker compose run -T=false --rm a tty
