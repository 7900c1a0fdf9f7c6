cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
COMPOSE_IGNORE_ORPHANS=1 docker compose up -d; COMPOSE_REMOVE_ORPHANS=1 docker compose up -d 2>&1 | sort
