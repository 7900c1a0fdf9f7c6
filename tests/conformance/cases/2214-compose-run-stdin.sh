cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
echo from here | docker compose run --rm -T a cat; echo again | docker compose run --rm a cat; echo no | docker compose run --rm -i=false a cat
