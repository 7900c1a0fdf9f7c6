cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: echo hi, container_name: solo}
E
docker compose up -d >q 2>&1
docker wait solo >q; docker compose logs
