"""A project read from its files for a command, with what containers are told of it."""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.record import Record
from dockercompat.spec.release import COMPOSE_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.cli.invocation import Invocation


class Loaded(Record):
    """project: canonical, with the names of disabled services; hashes: by "services.web", "networks.back"; labels: of all containers."""

    project: dict[str, Any]
    hashes: Mapping[str, str]
    labels: dict[str, str]
    environment: Mapping[str, str]


def load(invocation: Invocation, services: Sequence[str]) -> Loaded:
    """The project of the files that are meant; services switch on their own profiles. Raises InvalidProject."""
    import os

    from dockercompat.cli.composing import settings
    from dockercompat.compose.load import load_project
    from dockercompat.compose.model import hash as hashing

    found = load_project(settings.settings(invocation), invocation.environ, os.getcwd(), services=(), warn=settings.warn)
    found = found.with_enabled(services)
    project: dict[str, Any] = {
        "name": found.name,
        "services": found.services,
        "disabled": list(found.disabled),
        **{section: getattr(found, section) for section in ("networks", "volumes", "secrets", "configs", "models")},
    }
    hashes = {f"services.{name}": hashing.service_hash(service) for name, service in found.services.items()}
    hashes |= {f"networks.{name}": hashing.network_hash(network) for name, network in found.networks.items()}
    hashes |= {f"volumes.{name}": hashing.volume_hash(volume) for name, volume in found.volumes.items()}
    labels = {
        names.PROJECT: found.name,
        names.VERSION: COMPOSE_VERSION,
        names.CONFIG_FILES: ",".join(found.paths),
        names.WORKING_DIR: found.working_dir,
    }
    if invocation.noun_options is not None and invocation.noun_options.env_file:
        labels[names.ENVIRONMENT_FILE] = ",".join(found.env_files)
    return Loaded(project, hashes, labels, found.environment)
