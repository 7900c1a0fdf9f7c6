cat >compose.yaml <<'E'
name: demo
services:
  a: {command: cat /f, build: {context: ., target: first}}
E
printf 'FROM busybox AS first\nRUN echo first >/f\nFROM first\nRUN echo last >/f\n' >Dockerfile; docker compose build -q 2>/dev/null; docker compose run --rm a 2>/dev/null; sed -i s/first/nowhere/ compose.yaml; docker compose build -q 2>&1 | grep -o 'target stage "nowhere" could not be found' | sort -u
