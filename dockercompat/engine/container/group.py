"""The control group of a container, where this user's systemd delegates some: made at its start, removed at its end."""

from __future__ import annotations

from dockercompat.engine.container import limits
from dockercompat.kernel import cgroup, holder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_PARENT = "docker"  # docker's own, where --cgroup-parent names none


def tree(engine: Engine) -> cgroup.Tree:
    """The tree in which this engine's containers have their groups."""
    return cgroup.tree_of(engine.paths.run_dir)


def make(engine: Engine, container: Container) -> str:
    """Directory of a new group for a container that is about to start, "" where it gets none; noted in its bundle."""
    if not limits.controllers(engine):
        return ""
    group_dir = tree(engine).make_group(holder.pid(engine.paths.run_dir), _parent(container), container.id)
    with open(_note(engine, container.id), "w", encoding="utf-8") as file:
        file.write(group_dir)
    return group_dir


def of(engine: Engine, container_id: str) -> str:
    """Directory of a container's group, "" when it has none."""
    try:
        with open(_note(engine, container_id), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def remove(engine: Engine, container: Container) -> None:
    """End what is left of a container's processes and take its groups away, with those of starts that were cut off."""
    if cgroup.is_unified():
        for group_dir in {of(engine, container.id), tree(engine).group_dir(_parent(container), container.id)} - {""}:
            cgroup.remove(group_dir)


def _parent(container: Container) -> str:
    return container.host_config.get("CgroupParent") or _PARENT


def _note(engine: Engine, container_id: str) -> str:
    return f"{engine.paths.bundle_dir(container_id)}/cgroup"
