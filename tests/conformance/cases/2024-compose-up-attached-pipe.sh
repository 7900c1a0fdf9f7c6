cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo out; echo err >&2'}
E
docker compose up 2>/dev/null | sort
