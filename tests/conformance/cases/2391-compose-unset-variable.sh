cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: 'echo ${NOTHING} ${OTHER:-default}'}
E
docker compose up 2>&1 | sed 's/time="[^"]*"/time=T/'; NOTHING=some docker compose run --rm a 2>/dev/null
