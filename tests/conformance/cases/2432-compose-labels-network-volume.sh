cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: ['data:/data']}
  b: {image: busybox, command: sleep 1000, init: true, volumes: ['more:/data']}
volumes: {data: {}, more: {}}
E
docker compose up -d >q 2>&1
docker network inspect -f '{{range $k, $v := .Labels}}{{println $k $v}}{{end}}' demo_default; docker volume inspect -f '{{range $k, $v := .Labels}}{{println $k $v}}{{end}}' demo_data
