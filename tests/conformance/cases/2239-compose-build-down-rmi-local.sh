cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose up -d >q 2>&1; docker wait demo-a-1 >q; docker compose down --rmi local 2>&1 | sort; docker images -q demo-a
