cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, depends_on: [b], networks: [one], volumes: ['data:/d'], profiles: [more]}
  b: {image: busybox, networks: [one]}
networks: {one: {}}
volumes: {data: {}}
E
for i in services volumes networks images profiles models; do echo "-- $i"; docker compose --profile more config --$i | sort; docker compose config --$i | sort; done
