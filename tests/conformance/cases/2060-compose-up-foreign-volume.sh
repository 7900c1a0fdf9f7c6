docker volume create demo_data >q
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: ['data:/data']}
volumes: {data: {}}
E
docker compose up -d 2>&1 | sort
