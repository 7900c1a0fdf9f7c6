cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec a touch /tmp/was; docker compose export -o out.tar a; tar tf out.tar tmp/was; docker compose export a | tar t tmp/was
