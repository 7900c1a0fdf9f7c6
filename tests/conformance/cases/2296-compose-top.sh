cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose top | awk '{print $1, $2, $3, $NF}'; docker compose top a | wc -l; docker compose top x; docker compose top | head -1 | awk '{$1=$1; print}'
