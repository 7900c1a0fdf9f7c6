cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, depends_on: [b], networks: [one], volumes: ['data:/d'], profiles: [more]}
  b: {image: busybox, networks: [one]}
networks: {one: {}}
volumes: {data: {}}
E
docker compose config --services --volumes; docker compose config --nothing
