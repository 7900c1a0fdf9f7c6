"""The step that waits for a container of a service."""

from __future__ import annotations

from dockercompat.compose.plan.step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def wait_step(
    key: str,
    container: str,
    service: str,
    condition: str,
    after: Sequence[str] = (),
    *,
    required: bool = True,
    timeout_s: int | None = None,
) -> Step:
    """container: its name; service: its own."""
    values = {"condition": condition, "required": required, "service": service, "timeout_s": timeout_s}
    return Step(key, "container.wait", f"Container {container}", container, tuple(after), values)


def wait_for(dependent: str, container: str, service: str, dependency: Mapping[str, Any], after: Sequence[str] = ()) -> Step:
    """The wait of a service for a container of one that it depends on: an entry of graph.dependencies."""
    key = f"wait {container} for {dependent}"
    return wait_step(key, container, service, dependency["condition"], after, required=dependency["required"])
