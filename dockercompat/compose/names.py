"""Names and labels by which a project's containers, networks and volumes are known: those of docker compose.

Source: compose-spec, the project name; docker/compose, pkg/api/labels.go.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_PREFIX = "com.docker.compose."
PROJECT = _PREFIX + "project"
SERVICE = _PREFIX + "service"
NUMBER = _PREFIX + "container-number"
ONE_OFF = _PREFIX + "oneoff"  # "True" for a container of `run`, else "False"
SLUG = _PREFIX + "slug"
HASH = _PREFIX + "config-hash"
DEPENDS_ON = _PREFIX + "depends_on"  # "db:service_healthy:false,cache:service_started:true"
IMAGE = _PREFIX + "image"  # the id of the image it was made of
CONFIG_FILES = _PREFIX + "project.config_files"
WORKING_DIR = _PREFIX + "project.working_dir"
ENVIRONMENT_FILE = _PREFIX + "project.environment_file"
VERSION = _PREFIX + "version"
REPLACE = _PREFIX + "replace"  # the name that a container is to have when the one it replaces has gone
NETWORK = _PREFIX + "network"
VOLUME = _PREFIX + "volume"


def container(project: Mapping[str, Any], service: str, number: int, separator: str = "-") -> str:
    """The name of a service's container: its container_name, or project, service and number."""
    own = project["services"][service].get("container_name")
    return str(own) if own else separator.join((project["name"], service, str(number)))


def image(project: Mapping[str, Any], service: str) -> str:
    """The reference of a service's image: `image`, or project and service for one that is built."""
    return str(project["services"][service].get("image") or f"{project['name']}-{service}")


def depends_on(service: Mapping[str, Any]) -> str:
    """A service's dependencies as their label has them."""
    wanted = service.get("depends_on") or {}
    return ",".join(
        f"{name}:{each.get('condition') or 'service_started'}:{'true' if each.get('restart') else 'false'}"
        for name, each in sorted(wanted.items())
    )
