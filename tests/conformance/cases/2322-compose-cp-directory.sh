cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
mkdir d; echo x >d/x; docker compose cp d a:/tmp; docker compose exec a ls /tmp/d; docker compose cp a:/tmp/d out; ls out
