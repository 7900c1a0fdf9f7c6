docker create --name solo busybox >q
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, container_name: solo}
E
docker compose up -d
