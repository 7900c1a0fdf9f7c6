cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, ports: ['127.0.0.1:18065:80']}
E
docker compose run -d --name no a >q 2>&1; docker port no; docker compose run -d --name yes -P a >q 2>&1; docker port yes; docker compose run -d --name more -p 127.0.0.1:18066:81 a >q 2>&1; docker port more; docker compose run --rm -P -p 1:1 a true
