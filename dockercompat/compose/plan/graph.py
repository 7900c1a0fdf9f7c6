"""The order that a project's services have: what each depends on, whether said or implied.

Source: compose-spec, depends_on; links, volumes_from and shared namespaces imply it.
"""

from __future__ import annotations

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

STARTED, HEALTHY, COMPLETED = "service_started", "service_healthy", "service_completed_successfully"
_SHARED = ("network_mode", "ipc", "pid")


def dependencies(service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Names of the services that must be there first: {"condition", "restart", "required"} of each."""
    found = {}
    for name, each in (service.get("depends_on") or {}).items():
        condition = each.get("condition") or STARTED
        found[name] = {"condition": condition, "restart": bool(each.get("restart")), "required": each.get("required") is not False}
    for name in implied(service):
        found.setdefault(name, {"condition": STARTED, "restart": name not in links(service), "required": True})
    return found


def implied(service: Mapping[str, Any]) -> list[str]:
    """Services whose namespaces, volumes or names a service uses."""
    found = [str(service.get(key) or "").removeprefix("service:") for key in _SHARED if str(service.get(key) or "").startswith("service:")]
    found += [str(text).partition(":")[0] for text in service.get("volumes_from") or () if not str(text).startswith("container:")]
    return list(dict.fromkeys([*found, *links(service)]))


def links(service: Mapping[str, Any]) -> list[str]:
    """Services that a service is linked with."""
    return [str(text).partition(":")[0] for text in service.get("links") or ()]


def with_dependencies(project: Mapping[str, Any], services: Iterable[str]) -> list[str]:
    """Services and all that they depend on, in the order in which they can be started; those that are not in the project are left out.

    Raises  ClientError for a cycle
    """
    known = project["services"]
    ordered: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in known:
            return
        if name in path:
            raise ClientError(f"dependency cycle detected: {' -> '.join([*path[path.index(name) :], name])}")
        path.append(name)
        for each in sorted(dependencies(known[name])):
            visit(each)
        path.pop()
        ordered.append(name)

    for each in services:
        visit(each)
    return ordered


def dependents(project: Mapping[str, Any], services: Iterable[str]) -> list[str]:
    """Services and all that depend on them, those that nothing depends on first: the order in which they end."""
    wanted = set(services)
    ordered = with_dependencies(project, sorted(project["services"]))
    for name in ordered:
        if any(each in wanted for each in dependencies(project["services"][name])):
            wanted.add(name)
    return [name for name in reversed(ordered) if name in wanted]
