cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, ports: ['127.0.0.1:18061:80']}
E
docker compose up -d >q 2>&1
docker compose port a 80; docker compose -p other up -d 2>&1 | grep -c 'already allocated'; docker compose -p other ps -a --format '{{.Name}} {{.State}}'; docker compose -p other down >q 2>&1
