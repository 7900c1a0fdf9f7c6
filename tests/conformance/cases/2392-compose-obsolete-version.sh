echo "version: '3'" >compose.yaml; cat >>compose.yaml <<'E'
name: demo
services: {a: {image: busybox, command: echo hi}}
E
docker compose up 2>&1 | sed 's/time="[^"]*"/time=T/;s/msg="[^:]*:/msg="FILE:/'
