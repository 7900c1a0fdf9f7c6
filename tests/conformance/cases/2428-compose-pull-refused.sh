cat >compose.yaml <<'E'
name: demo
services:
  a: {image: '127.0.0.1:1/nothing:1'}
E
docker compose pull 2>&1 | sed 's/dial tcp.*//'; docker compose pull --ignore-pull-failures >q 2>&1; echo $?; docker compose pull -q >q 2>&1; echo $?
