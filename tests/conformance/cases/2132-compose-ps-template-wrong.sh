cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sh -c 'exit 2', depends_on: [a]}
E
docker compose up -d >q 2>&1
docker wait demo-b-1 >q
docker compose ps --format '{{.Nothing}}'; docker compose ps --format '{{.Name'
