cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose up -d >q 2>&1; docker wait demo-a-1 >q; echo 'RUN echo more >>/f' >>Dockerfile; docker compose up -d 2>&1; docker compose up --build --quiet-build 2>/dev/null
