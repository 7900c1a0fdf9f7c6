cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
mkdir d; echo x >d/x; tar c d | docker compose cp - a:/tmp; docker compose cp a:/tmp/d - | tar t
