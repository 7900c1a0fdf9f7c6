cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
for i in 'restart' 'kill' 'pause' 'rm -sf' 'scale a=2' 'create --force-recreate'; do echo "-- $i"; docker compose --dry-run $i; done; docker compose ps --format '{{.Name}} {{.State}}'
