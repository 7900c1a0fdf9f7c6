"""The Compose files of `docker stack`: the format 3.x, which docker/cli reads by itself."""
