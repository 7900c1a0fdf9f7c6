cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --rm a echo hi; docker compose ps --format '{{.Name}}'; docker compose down >q 2>&1; docker compose run --rm --no-deps a echo alone; docker compose ps --format '{{.Name}}'
