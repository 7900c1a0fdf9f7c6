cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sh -c 'exit 2', depends_on: [a]}
E
docker compose up -d >q 2>&1
docker wait demo-b-1 >q
mkdir cfg; echo '{"psFormat": "table {{.Name}}\t{{.Image}}"}' >cfg/config.json; docker --config cfg compose ps; docker --config cfg compose ps --format ''
