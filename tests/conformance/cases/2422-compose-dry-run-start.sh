cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose --dry-run create; docker compose create 2>q; docker compose ps -a --format '{{.Name}} {{.State}}'
