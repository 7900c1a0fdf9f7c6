cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d 2>q; docker inspect -f '{{range $k, $v := .Config.Labels}}{{println $k $v}}{{end}}' demo-a-1
