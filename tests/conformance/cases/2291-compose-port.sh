cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, ports: ['127.0.0.1:18071:80', '127.0.0.1:18072:80/udp']}
E
docker compose up -d >q 2>&1
docker compose port a 80; docker compose port --protocol udp a 80; docker compose port a 81; docker compose port a x; docker compose port x 80; docker compose port a; docker compose port
