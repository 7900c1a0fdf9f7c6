cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: sleep 1000
    init: true
    healthcheck: {test: "true", interval: 1s}
E
docker compose up --wait >q 2>&1; docker compose ps; docker compose ps --format '{{.Status}}' | sed 's/[0-9]* second[s]*//'
