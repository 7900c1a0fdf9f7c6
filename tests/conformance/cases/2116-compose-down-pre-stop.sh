cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: sleep 1000
    init: true
    volumes: ['.:/here']
    pre_stop: [{command: touch /here/was}]
E
docker compose up -d >q 2>&1
docker compose down; ls was
