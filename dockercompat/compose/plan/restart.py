"""What `restart` does: services in the order of their dependencies, with those that want to be restarted with them."""

from __future__ import annotations

from dockercompat.compose.plan import graph
from dockercompat.compose.plan.step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.actual import Container


def restart(
    project: Mapping[str, Any],
    services: Sequence[str],
    containers: Callable[[str], Sequence[Container]],
    *,
    followers: bool = True,
    timeout_s: int | None = None,
) -> list[Step]:
    """The steps of a restart.

    containers  a service's
    followers   services whose dependency on one of these says `restart: true` are restarted too
    """
    wanted = set(services)
    if followers:
        wanted |= {
            name
            for name, service in project["services"].items()
            if any(other in services and each["restart"] for other, each in graph.dependencies(service).items())
        }
    steps: list[Step] = []
    done: dict[str, list[str]] = {}
    for name in graph.with_dependencies(project, sorted(project["services"])):
        if name not in wanted:
            continue
        service = project["services"][name]
        needs = [key for other in graph.dependencies(service) for key in done.get(other, ())]
        for container in containers(name):
            values = {
                "timeout_s": timeout_s,
                "before": list(service.get("pre_stop") or ()),
                "after": list(service.get("post_start") or ()),
            }
            key = f"restart {container.name}"
            steps.append(Step(key, "container.restart", f"Container {container.name}", container.id, tuple(needs), values))
            done.setdefault(name, []).append(key)
    return steps
