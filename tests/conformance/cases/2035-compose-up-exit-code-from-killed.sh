cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'sleep 0.5; exit 9'}
  b: {image: busybox, command: sleep 1000, stop_grace_period: 0s}
E
docker compose up --exit-code-from b >o 2>e; echo $?; sort o
