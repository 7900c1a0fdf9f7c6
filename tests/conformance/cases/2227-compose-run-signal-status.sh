cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --rm a sh -c 'kill -9 $$'; echo $?; docker compose run --rm a sh -c 'exit 42'; echo $?
