cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: "sh -c 'while [ ! -e /tmp/go ]; do echo hello; sleep 0.1; done; exit 2'"}
E
docker compose up -d >q 2>&1
docker compose attach --no-stdin a >o 2>e &
for i in $(seq 100); do [ -s o ] && break; sleep 0.1; done; docker compose exec a touch /tmp/go; wait %1; echo $?; sort -u o; cat e
