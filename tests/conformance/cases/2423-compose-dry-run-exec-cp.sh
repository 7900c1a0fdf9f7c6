cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose --dry-run exec a echo hi; echo x >f; docker compose exec a ls /tmp
