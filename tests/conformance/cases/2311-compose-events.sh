cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose events >ev 2>/dev/null &
for i in $(seq 200); do [ -s ev ] && break; docker compose kill -s CONT >q 2>&1; sleep 0.1; done
docker compose pause >q 2>&1; docker compose unpause >q 2>&1; for i in $(seq 100); do grep -q unpause ev && break; sleep 0.1; done; kill %1
cut -d' ' -f3,4 ev | grep -v kill
