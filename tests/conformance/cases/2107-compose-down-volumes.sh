cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: ['data:/data', /anon]}
volumes: {data: {}}
E
docker compose up -d >q 2>&1
docker volume ls -q | wc -l; docker compose down --volumes 2>&1 | sort; docker volume ls -q
