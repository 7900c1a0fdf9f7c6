cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: 'true', volumes: [/data]}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker volume ls -q | wc -l; docker compose rm -fv; docker volume ls -q
