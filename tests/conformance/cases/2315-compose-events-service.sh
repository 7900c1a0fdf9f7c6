cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
sleep 1; t=$(date +%s)
docker compose up -d >q 2>&1; docker compose events --since $t --until $(($(date +%s)+1)) a 2>/dev/null | cut -d' ' -f3,4; docker compose events --since $t --until $(($(date +%s)+1)) x 2>/dev/null | cat
