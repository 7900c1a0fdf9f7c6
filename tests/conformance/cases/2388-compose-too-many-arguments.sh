cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose port a 80 81; docker compose cp a b c; docker compose export a b; docker compose commit a b c; docker compose attach a b; docker compose version x; docker compose ls x
