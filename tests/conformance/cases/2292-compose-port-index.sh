cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true, scale: 2, ports: ['127.0.0.1:18073-18074:80']}
E
docker compose up -d >q 2>&1
docker compose port --index 1 a 80 >q; docker compose port --index 2 a 80 >>q; sort q; docker compose port --index 3 a 80; docker compose port --protocol x a 80 2>q; code=$?; sed 's/1807[34]/PORT/' q >&2; exit $code
