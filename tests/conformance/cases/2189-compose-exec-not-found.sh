cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec a nosuchcmd; echo $?; docker compose exec a /etc/hostname; echo $?
