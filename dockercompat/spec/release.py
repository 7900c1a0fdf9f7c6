"""The release of docker whose command line and answers are followed, and the versions of its API that are spoken."""

from __future__ import annotations

DOCKER_VERSION = "28.2.2"
API_VERSION = "1.50"
MIN_API_VERSION = "1.24"
COMMIT = "pydocker"
COMPOSE_VERSION = "2.40.3"
