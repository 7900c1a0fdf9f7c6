cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox}
E
docker compose run x; docker compose run; docker compose run --rm a nosuchcmd; echo $?
