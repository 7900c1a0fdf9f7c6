cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'sleep 4; exit 6'}
E
docker compose up -d >q 2>&1
docker compose wait --down-project a; docker ps -aq
