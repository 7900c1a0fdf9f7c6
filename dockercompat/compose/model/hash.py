"""The hashes by which docker compose sees that a container, network or volume was made from another configuration."""

from __future__ import annotations

import hashlib

from dockercompat.compose.model.decode import Section
from dockercompat.compose.model.texts import compact_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.compose.model.project import Resource, Service

_OUTSIDE = ("build", "pull_policy", "scale", "depends_on", "profiles")


def service_hash(service: Service) -> str:
    """Hex SHA-256 of a service without what may change beneath a running container: label com.docker.compose.config-hash."""
    counted = Section((key, value) for key, value in service.items() if key not in _OUTSIDE)
    if "deploy" in counted:
        counted["deploy"] = Section((key, value) for key, value in counted["deploy"].items() if key != "replicas")
    return _hash(counted)


def network_hash(network: Resource) -> str:
    return _hash(network)


def volume_hash(volume: Resource) -> str:
    if "driver" in volume:
        return _hash(volume)
    changed = Section()
    changed["name"] = volume["name"]
    changed["driver"] = "local"
    changed.update(volume)
    return _hash(changed)


def _hash(section: Resource) -> str:
    return hashlib.sha256(compact_json(section).encode()).hexdigest()
