cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hello from a, depends_on: {b: {condition: service_completed_successfully}}}
  b: {image: busybox, command: echo hello from b}
E
docker compose up --attach b 2>/dev/null
