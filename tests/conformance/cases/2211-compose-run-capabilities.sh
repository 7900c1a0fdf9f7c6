cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose run --name once --cap-add NET_ADMIN --cap-drop CHOWN a true; docker inspect -f '{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}}' once
