cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: printf 'one\ntwo'}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker compose logs; echo; docker compose logs --no-log-prefix
