cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hi, scale: 2}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 demo-a-2 >q; docker compose logs | sort; docker compose logs --index 2 a; docker compose logs --index 3 a; docker compose logs --index 1
