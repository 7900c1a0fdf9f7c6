cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
cd /; docker compose -p demo exec a echo hi; docker compose -p demo exec x echo hi
