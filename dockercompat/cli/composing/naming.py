"""How containers of a project are called where the project is clear."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.compose.actual import Container


def short_name(project: str, container: Container) -> str:
    """A container's name without the project's; one of its own whole."""
    for separator in "-_":
        start = f"{project}{separator}"
        if container.name == f"{start}{container.service}{separator}{container.number}" or (
            container.one_off and container.name.startswith(start)
        ):
            return container.name.removeprefix(start)
    return container.name
