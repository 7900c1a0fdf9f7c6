cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: {b: {condition: service_completed_successfully, required: false}}}
  b: {image: busybox, command: sh -c 'exit 3'}
E
docker compose up -d
