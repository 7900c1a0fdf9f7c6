cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: ['data:/data']}
  b: {image: busybox, command: sleep 1000, init: true, volumes: ['more:/data']}
volumes: {data: {}, more: {}}
E
docker compose volumes; docker compose up -d >q 2>&1; docker compose volumes | sort; docker compose volumes -q | sort; docker compose volumes a; docker compose volumes x
