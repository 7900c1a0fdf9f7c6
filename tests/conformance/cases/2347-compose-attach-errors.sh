cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose attach; docker compose attach a; docker compose attach x; docker compose up -d >q 2>&1; docker compose attach --index 2 a; docker compose stop 2>q; docker compose attach a
