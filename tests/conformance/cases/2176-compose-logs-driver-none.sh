cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hi, logging: {driver: none}}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 >q; docker compose logs
