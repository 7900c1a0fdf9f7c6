cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, container_name: solo}
E
docker compose up -d --scale a=2; docker ps -a --format '{{.Names}}'
