cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --rm -u 1000:1000 -w /tmp a sh -c 'id -u; id -g; pwd'
