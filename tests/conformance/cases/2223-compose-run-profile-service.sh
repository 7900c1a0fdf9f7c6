cat >compose.yaml <<'E'
name: demo
services:
  b: {image: busybox, command: echo b, profiles: [more]}
E
docker compose run --rm b
