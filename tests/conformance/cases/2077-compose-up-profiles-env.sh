cat >compose.yaml <<'E'
name: demo
services:
  b: {image: busybox, command: sleep 1000, init: true, profiles: [more]}
E
docker compose up -d; COMPOSE_PROFILES=more docker compose up -d; docker compose up -d b
