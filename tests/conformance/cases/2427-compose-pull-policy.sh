cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, pull_policy: never}
E
docker compose pull
