cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose create --build --no-build; docker compose create --force-recreate --no-recreate
