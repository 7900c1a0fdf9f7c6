cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo a, container_name: solo}
E
docker compose run a; docker ps -a --format '{{.Names}}'
