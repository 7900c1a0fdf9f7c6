cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
sed -i 's/1000/2000/' compose.yaml; docker compose up -d --no-recreate; docker ps --format '{{.Names}} {{.Command}}'
