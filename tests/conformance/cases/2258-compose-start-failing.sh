cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: nosuchcmd}
E
docker compose create 2>q; docker compose start
