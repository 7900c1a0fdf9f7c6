cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: [b]}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec a ping -c 1 -W 5 b >q && echo b answers; docker inspect -f '{{index .NetworkSettings.Networks "demo_default" "Aliases"}}' demo-a-1 | sed 's/[0-9a-f]\{12\}/ID/'
