cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose up -d >o 2>&1; docker images --format '{{.Repository}}' demo-a; grep -E 'Built|Network|Container' o
