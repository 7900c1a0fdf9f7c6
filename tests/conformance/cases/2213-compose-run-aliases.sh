cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, networks: {default: {aliases: [other]}}}
E
docker compose run -d --name no a >q 2>&1; docker compose run -d --name yes --use-aliases a >q 2>&1; for i in no yes; do docker inspect -f '{{index .NetworkSettings.Networks "demo_default" "Aliases"}}' $i; done
