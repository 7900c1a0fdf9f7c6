cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose ps --format '{{.Name}}'; echo; docker compose ps --orphans=false --format '{{.Name}}'; docker compose ps --services
