cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000}
E
docker compose up -d >q 2>&1
docker compose stop -t 0; docker compose ps -a --format '{{.ExitCode}}'; docker compose stop -t x
