cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, entrypoint: [echo, entry], command: [cmd]}
E
docker compose run --rm a; docker compose run --rm a x; docker compose run --rm --entrypoint 'echo other' a; docker compose run --rm --entrypoint echo a x y
