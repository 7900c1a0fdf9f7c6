cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, volumes: [/data]}
E
docker compose up -d >q 2>&1
docker compose exec a touch /data/kept
docker compose up -d --force-recreate; docker compose exec a ls /data; docker compose up -d --force-recreate -V; docker compose exec a ls /data
