cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, depends_on: [b], networks: [one], volumes: ['data:/d'], profiles: [more]}
  b: {image: busybox, networks: [one]}
networks: {one: {}}
volumes: {data: {}}
E
docker compose config -q; echo $?; docker compose config -q x; docker compose config --services x; docker compose config --hash b | wc -c; docker compose config --hash x; docker compose config -o out; wc -l <out; docker compose config --format xml
