cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, ports: ['127.0.0.1:18062:80', '127.0.0.1:18063-18064:90-91/udp'], expose: ['99']}
E
docker compose up -d >q 2>&1
docker compose ps --format '{{.Ports}}'; docker compose ps --format json | tr '{' '\n' | grep URL; docker compose ps --format '{{json .Publishers}}'
