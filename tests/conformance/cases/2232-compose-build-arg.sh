cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose build -q --build-arg W=given 2>/dev/null; docker compose run --rm a 2>/dev/null; W=outside docker compose build -q --build-arg W 2>/dev/null; docker compose run --rm a 2>/dev/null
