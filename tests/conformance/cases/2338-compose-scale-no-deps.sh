cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose scale --no-deps a=1; docker compose ps --format '{{.Name}}'; docker compose scale a=2 2>&1 | sort
