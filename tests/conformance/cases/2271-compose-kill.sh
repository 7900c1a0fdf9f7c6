cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose kill; docker compose ps -a --format '{{.Name}} {{.State}} {{.ExitCode}}'; docker compose kill
