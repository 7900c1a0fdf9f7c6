cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose --dry-run up -d --force-recreate; docker compose --dry-run stop; docker compose --dry-run down; docker compose ps --format '{{.Name}} {{.State}}'
