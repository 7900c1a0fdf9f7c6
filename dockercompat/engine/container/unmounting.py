"""Volumes with options are mounted while a container that uses them runs; when the last one has ended they are unmounted."""

from __future__ import annotations

from dockercompat.engine.container import state
from dockercompat.engine.volume import mounting
from dockercompat.engine.volume import store as volumes
from dockercompat.errors import NoSuchContainer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def mounted_for(engine: Engine, container: Container) -> list[str]:
    """Names of the volumes with options that a container uses."""
    return mounting.with_options(engine, [point["Name"] for point in container.mounts if point["Type"] == "volume"])


def unmount_unused(engine: Engine, names: Iterable[str]) -> None:
    """Unmount volumes that no container uses which runs or is just being started.

    The process has joined the holder and holds no container's lock. Waits for nobody: who has a lock now looks itself when it is done.
    """
    for name in names:
        held = []
        try:
            for container_id in sorted(volumes.users(engine, name)):
                lock = state.lock(engine, container_id)
                if not lock.acquire(block=False):
                    break
                held.append(lock)
                try:
                    if state.load(engine, container_id).is_alive:
                        break
                except NoSuchContainer:
                    continue
            else:
                lock = volumes.lock(engine, name)
                if lock.acquire(block=False):
                    held.append(lock)
                    mounting.deactivate(engine, name)
        finally:
            for lock in held:
                lock.release()
