cat >compose.yaml <<'E'
name: demo
services:
  a: {image: 'nosuch:1'}
E
docker compose up -d --pull never
