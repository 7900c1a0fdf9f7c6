"""What a service may say that can't be done here: said before anything is changed."""

from __future__ import annotations

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def check(project: Mapping[str, Any], services: Iterable[str]) -> None:
    """Raises ClientError for the first service that wants something that is not done."""
    for name in services:
        service = project["services"][name]
        if service.get("provider"):
            kind = service["provider"].get("type") or ""
            raise ClientError(f'service "{name}": pydocker runs no providers ({kind}): provide it yourself, and take the service out')
        if service.get("models"):
            raise ClientError(f"service \"{name}\": 'models' support requires Docker Model plugin, which pydocker does not run")
        if service.get("credential_spec"):
            raise ClientError(f'service "{name}": credential_spec is for Windows containers: leave it out')
