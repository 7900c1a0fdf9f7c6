cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose scale; docker compose scale a; docker compose scale a=x; docker compose scale x=1
