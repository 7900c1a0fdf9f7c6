cat >compose.yaml <<'E'
name: demo
services:
  a: {image: 'nosuch:1'}
E
docker compose run --pull never a; docker compose run --pull sometimes a
