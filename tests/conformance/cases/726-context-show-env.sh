unset DOCKER_HOST; DOCKER_CONTEXT=abc docker context show; docker --context abc context show; DOCKER_HOST=unix:///x docker context show
