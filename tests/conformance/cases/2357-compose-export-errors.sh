cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose export; docker compose export a; docker compose export x; docker compose up -d >q 2>&1; docker compose export --index 2 a; docker compose export -o /nowhere/x.tar a
