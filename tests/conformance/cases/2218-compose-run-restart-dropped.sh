cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: 'false', restart: always}
E
docker compose run --name once a; docker inspect -f '{{.HostConfig.RestartPolicy.Name}} {{.RestartCount}}' once
