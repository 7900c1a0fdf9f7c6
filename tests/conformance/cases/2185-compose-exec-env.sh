cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
X=outside docker compose exec -e A=1 -e X a sh -c 'echo $A $X'
