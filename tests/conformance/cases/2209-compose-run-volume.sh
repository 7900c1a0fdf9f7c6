cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
mkdir d; echo in d >d/f; docker compose run --rm -v ./d:/d a cat /d/f; docker compose run --rm -v $PWD/d:/d:ro a touch /d/g; docker compose run --rm -v named:/n a touch /n/x; docker volume ls -q
