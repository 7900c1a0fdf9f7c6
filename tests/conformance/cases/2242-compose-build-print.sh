cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose build --print
