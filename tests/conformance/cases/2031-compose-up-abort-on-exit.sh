cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'sleep 0.5; exit 3'}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up --abort-on-container-exit >o 2>e; echo $?; sort o; grep -v Creat e | sort
