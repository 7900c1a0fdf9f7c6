cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose create 2>q; echo content >f; docker compose cp f a:/tmp/f; docker compose cp a:/tmp/f back; cat back; rm back; docker compose cp --archive --follow-link a:/tmp/f back; cat back
