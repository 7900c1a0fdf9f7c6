cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: nosuchcmd}
E
docker compose up -d; docker compose ps -a --format '{{.Name}} {{.State}}'
