cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
cat >more.yaml <<'E'
services: {b: {image: busybox, command: sleep 1000, init: true}}
E
COMPOSE_FILE=compose.yaml:more.yaml docker compose config --services | sort; COMPOSE_PATH_SEPARATOR=, COMPOSE_FILE=compose.yaml,more.yaml docker compose config --services | sort; docker compose -f compose.yaml -f more.yaml config --services | sort
