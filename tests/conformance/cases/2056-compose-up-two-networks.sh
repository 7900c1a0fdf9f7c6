cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, networks: [one, two]}
networks: {one: {}, two: {}}
E
docker compose up -d 2>&1 | sort; docker network ls --filter label=com.docker.compose.project=demo --format '{{.Name}} {{.Driver}}'
