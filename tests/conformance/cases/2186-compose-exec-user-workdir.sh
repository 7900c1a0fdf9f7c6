cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec -u 1000 -w /tmp a sh -c 'id -u; pwd'; docker compose exec -u nobodyhere a true; docker compose exec -w /nowhere/x a pwd
