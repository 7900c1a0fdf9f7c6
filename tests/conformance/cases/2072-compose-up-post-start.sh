cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: sleep 1000
    init: true
    post_start: [{command: touch /tmp/was}]
E
docker compose up -d; docker compose exec a ls /tmp/was
