cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose -f - up -d <compose.yaml; docker compose -f - ps --format '{{.Name}}' <compose.yaml; docker compose ls -a -q; docker compose -f - down <compose.yaml
