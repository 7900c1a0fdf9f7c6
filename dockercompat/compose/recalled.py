"""A project without its files: what the labels of its containers tell of it, enough for what needs no more than order and names."""

from __future__ import annotations

from dockercompat.compose import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.compose.actual import Actual


def project(name: str, actual: Actual) -> dict[str, Any]:
    """A canonical project with the services that have containers, their images and dependencies."""
    services: dict[str, Any] = {}
    for container in actual.containers:
        if container.one_off or container.service in services:
            continue
        services[container.service] = {
            "image": container.summary.get("Image") or "",
            "depends_on": _dependencies(container.labels.get(names.DEPENDS_ON) or ""),
        }
    for service in services.values():
        service["depends_on"] = {key: value for key, value in service["depends_on"].items() if key in services}
    return {"name": name, "services": services}


def _dependencies(text: str) -> dict[str, Any]:
    found = {}
    for word in filter(None, text.split(",")):
        service, _, rest = word.partition(":")
        condition, _, restart = rest.partition(":")
        found[service] = {"condition": condition or "service_started", "restart": restart == "true", "required": True}
    return found
