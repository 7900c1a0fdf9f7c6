"""What `down` takes away, and how services are stopped, in the order that their dependencies want.

Source: docker/compose, pkg/compose/down.go and stop.go.
"""

from __future__ import annotations

from dockercompat.compose.plan import graph
from dockercompat.compose.plan.divergence import is_anonymous
from dockercompat.compose.plan.remove import remove_container, stop_container
from dockercompat.compose.plan.step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.actual import Actual, Container


def stop(project: Mapping[str, Any], containers: Iterable[Container], timeout_s: int | None) -> list[Step]:
    """Stops, dependents before what they depend on."""
    return _backwards(project, containers, lambda each, after, hooks: [stop_container(each, timeout_s, after, hooks)])


def remove(project: Mapping[str, Any], containers: Iterable[Container], timeout_s: int | None, *, volumes: bool = False) -> list[Step]:
    """Stops and removals, dependents before what they depend on."""
    return _backwards(
        project, containers, lambda each, after, hooks: remove_container(each, timeout_s, after, volumes=volumes, hooks=hooks)
    )


def _backwards(
    project: Mapping[str, Any], containers: Iterable[Container], steps_of: Callable[[Container, Sequence[str], Sequence[Any]], list[Step]]
) -> list[Step]:
    by_service: dict[str, list[Container]] = {}
    for each in containers:
        by_service.setdefault(each.service, []).append(each)
    steps: list[Step] = []
    ends: dict[str, list[str]] = {}  # by service: the last steps of it and of what depends on it
    services = project["services"]
    known = graph.with_dependencies(project, sorted(services))
    for name in [*reversed(known), *(each for each in by_service if each not in services)]:
        after = [key for other in known if name in graph.dependencies(services[other]) for key in ends.get(other, ())]
        mine: list[str] = []
        for each in by_service.get(name, ()):
            made = steps_of(each, after, (services.get(name) or {}).get("pre_stop") or ())
            steps += made
            mine.append(made[-1].key)
        ends[name] = mine or after
    return steps


def down(
    project: Mapping[str, Any],
    actual: Actual,
    containers: Iterable[Container],
    *,
    timeout_s: int | None,
    volumes: bool,
    images: Iterable[str] = (),
) -> list[Step]:
    """Containers, then networks, volumes and images.

    volumes   the project's volumes and anonymous ones, too
    images    references of those to remove
    """
    steps = remove(project, containers, timeout_s, volumes=volumes)
    after = tuple(step.key for step in steps if step.kind == "container.remove")
    external = {
        kind: {each.get("name") for each in (project.get(kind) or {}).values() if each.get("external")} for kind in ("networks", "volumes")
    }
    for name in sorted(actual.networks):
        if name not in external["networks"]:
            steps.append(Step(f"network {name}", "network.remove", f"Network {name}", name, after))
    if volumes:
        for name in sorted(actual.volumes):
            if name not in external["volumes"] and not is_anonymous({"Type": "volume", "Name": name}):
                steps.append(Step(f"volume {name}", "volume.remove", f"Volume {name}", name, after))
    steps += [Step(f"image {each}", "image.remove", f"Image {each}", each, after) for each in images]
    return steps
