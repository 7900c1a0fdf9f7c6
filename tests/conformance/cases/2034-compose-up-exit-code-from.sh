cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'sleep 0.5; exit 9'}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up --exit-code-from a >o 2>e; echo $?; sort o
