cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sleep 1000, init: true, profiles: [more]}
E
docker compose up -d; docker compose --profile more up -d 2>&1 | sort; docker compose ps --format '{{.Name}}'; docker compose down; docker compose --profile more down
