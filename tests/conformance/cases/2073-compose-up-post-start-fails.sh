cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: sleep 1000
    init: true
    post_start: [{command: sh -c 'exit 5'}]
E
docker compose up -d
