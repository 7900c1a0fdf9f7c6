"""What `restart` does: services, and after them those that want to be restarted with them."""

from __future__ import annotations

from dockercompat.compose.plan import graph
from dockercompat.compose.plan.step import Step
from dockercompat.compose.plan.waits import wait_for

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
    steps: list[Step] = []
    done: dict[str, list[str]] = {}
    for name in graph.with_dependencies(project, sorted(project["services"])):
        service = project["services"][name]
        followed = {other: each for other, each in graph.dependencies(service).items() if each["restart"] and other in wanted}
        if followers and followed:
            wanted.add(name)
        if name not in wanted:
            continue
        needs: list[str] = []
        for other, dependency in followed.items():
            needs += done.get(other, ())
            if dependency["condition"] != graph.STARTED:
                waits = [wait_for(name, each.name, other, dependency, done[other]) for each in containers(other)]
                steps += waits
                needs += [step.key for step in waits]
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
