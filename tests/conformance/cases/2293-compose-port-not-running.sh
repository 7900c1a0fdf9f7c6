cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, ports: ['127.0.0.1:18071:80', '127.0.0.1:18072:80/udp']}
E
docker compose port a 80; docker compose create 2>q; docker compose port a 80
