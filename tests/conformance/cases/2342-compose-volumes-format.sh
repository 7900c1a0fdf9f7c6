cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: ['data:/data']}
  b: {image: busybox, command: sleep 1000, init: true, volumes: ['more:/data']}
volumes: {data: {}, more: {}}
E
docker compose up -d >q 2>&1
docker compose volumes --format json | head -1 | shape; docker compose volumes --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort; docker compose volumes --format 'table {{.Name}}\t{{.Driver}}' | sort; docker compose volumes a --format json | grep -o '"Name":"[a-z_]*"'
