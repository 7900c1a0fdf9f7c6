"""`docker compose version`."""

from __future__ import annotations

import sys

from dockercompat.spec.release import COMPOSE_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def version(invocation: Invocation) -> None:
    """The version of docker compose whose behaviour this is."""
    if invocation.options.short:
        text = COMPOSE_VERSION
    elif invocation.options.format == "json":
        text = f'{{"version":"v{COMPOSE_VERSION}"}}'
    else:
        text = f"Docker Compose version v{COMPOSE_VERSION}"
    sys.stdout.write(text + "\n")
