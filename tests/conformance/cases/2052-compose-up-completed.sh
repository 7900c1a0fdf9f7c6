cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, depends_on: {b: {condition: service_completed_successfully}}}
  b: {image: busybox, command: 'true'}
E
docker compose up -d
