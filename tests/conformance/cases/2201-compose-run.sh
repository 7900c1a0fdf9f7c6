cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run a echo hi; docker ps -a --format '{{.Names}} {{.Command}}'
