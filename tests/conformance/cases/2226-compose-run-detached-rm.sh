cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run -d --rm --name once a 2>q; docker inspect -f '{{.HostConfig.AutoRemove}}' once; docker rm -f once
