cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
printf 'COMPOSE_PROJECT_NAME=fromdotenv\nCOMPOSE_PROFILES=more\n' >.env; echo '  b: {image: busybox, command: sleep 1000, init: true, profiles: [more]}' >>compose.yaml; docker compose up -d 2>&1 | sort; docker compose --env-file /dev/null config --services; COMPOSE_DISABLE_ENV_FILE=1 docker compose config --services
