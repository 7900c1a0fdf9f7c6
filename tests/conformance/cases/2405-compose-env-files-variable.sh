cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: 'echo ${WORD}'}
E
echo WORD=one >one.env; echo WORD=two >two.env; COMPOSE_ENV_FILES=one.env,two.env docker compose run --rm a 2>/dev/null; docker compose --env-file one.env run --rm a 2>/dev/null; COMPOSE_ENV_FILES=nothing docker compose run --rm a
