cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, networks: [out]}
networks: {out: {external: true}}
E
docker compose up -d; cat >two.yaml <<'E'
name: demo
services:
  a: {image: busybox, volumes: ['out:/x']}
volumes: {out: {external: true}}
E
docker compose -f two.yaml up -d
