cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo one; echo two; printf three; exit 3'}
E
docker compose up; docker compose ps -a --format '{{.Name}} {{.State}} {{.ExitCode}}'
