cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose create 2>q; docker compose create; docker compose create --force-recreate
