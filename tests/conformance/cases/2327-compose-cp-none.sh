cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
echo x >f; docker compose cp f a:/tmp; docker compose cp --all f a:/tmp
