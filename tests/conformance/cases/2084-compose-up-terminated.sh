cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up >o 2>e &
for i in $(seq 100); do [ "$(docker compose ps --format '{{.State}}')" = running ] && break; sleep 0.1; done
sleep 0.5; kill -TERM %1; wait %1; echo $?; cat o e; docker compose ps -a --format '{{.Name}} {{.State}}'
