cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hello from a, depends_on: {b: {condition: service_completed_successfully}}}
  b: {image: busybox, command: echo hello from b}
E
docker compose up a 2>/dev/null; docker compose down -t 0 2>q; docker compose up --attach-dependencies a 2>/dev/null | grep -v exited
