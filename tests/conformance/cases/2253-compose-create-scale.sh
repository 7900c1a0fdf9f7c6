cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose create --scale a=2 2>&1 | sort; docker compose ps -a --format '{{.Name}}'; docker compose create x
