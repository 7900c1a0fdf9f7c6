cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
rm Dockerfile; docker compose build -q 2>&1 | grep -o 'failed to read dockerfile: open Dockerfile: no such file or directory' | sort -u
