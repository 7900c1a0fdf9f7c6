"""Steps that end and remove containers."""

from __future__ import annotations

from dockercompat.compose.plan.step import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.compose.actual import Container


def stop_container(container: Container, timeout_s: int | None, after: Sequence[str] = (), hooks: Sequence[Any] = ()) -> Step:
    """hooks: of its service, for before it stops."""
    values = {"timeout_s": timeout_s, "hooks": list(hooks) if container.is_running else [], "service": container.service}
    return Step(f"stop {container.name}", "container.stop", f"Container {container.name}", container.id, tuple(after), values)


def remove_container(
    container: Container, timeout_s: int | None, after: Sequence[str] = (), *, volumes: bool = False, hooks: Sequence[Any] = ()
) -> list[Step]:
    """A stop, and the removal after it."""
    stop = stop_container(container, timeout_s, after, hooks)
    subject = f"Container {container.name}"
    return [stop, Step(f"remove {container.name}", "container.remove", subject, container.id, (stop.key,), {"volumes": volumes})]
