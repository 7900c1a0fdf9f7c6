docker network create out >q; docker volume create vol >q
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, networks: [out], volumes: ['vol:/x']}
networks: {out: {external: true}}
volumes: {vol: {external: true}}
E
docker compose up -d; docker compose down -v; docker network inspect -f '{{.Name}}' out; docker volume ls -q
