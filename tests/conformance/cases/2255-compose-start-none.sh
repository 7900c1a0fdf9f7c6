cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose start; docker compose start a; docker compose start x; docker compose -p nothing start
