cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo a, depends_on: {b: {condition: service_completed_successfully}}}
  b: {image: busybox, command: sh -c 'exit 3'}
E
docker compose run --rm a
