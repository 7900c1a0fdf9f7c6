cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec -d a touch /tmp/was; for i in $(seq 50); do docker compose exec a test -e /tmp/was && break; sleep 0.1; done; docker compose exec a ls /tmp/was
