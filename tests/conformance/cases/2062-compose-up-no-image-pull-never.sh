cat >compose.yaml <<'E'
name: demo
services:
  a: {image: 'nosuch:1', pull_policy: never}
E
docker compose up -d
