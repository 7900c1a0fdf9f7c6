for h in h : tcp:// h:1 1.2.3.4 tcp://h/p fd:// unix:// ssh://u@h; do DOCKER_HOST=$h docker context inspect --format '{{.Endpoints.docker.Host}}'; done
