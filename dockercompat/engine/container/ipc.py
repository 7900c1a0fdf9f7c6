"""/dev/shm of containers that share their IPC namespace: a tmpfs of the donor's, mounted where every later container can reach it."""

from __future__ import annotations

import os

from dockercompat.engine.container import state
from dockercompat.errors import InvalidParameter
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def shm_dir(engine: Engine, container: Container) -> str:
    """The directory that a container is to have as /dev/shm, "" when it gets one of its own. The process has joined the holder.

    Raises  NoSuchContainer; InvalidParameter for a donor that does not share
    """
    mode = container.host_config.get("IpcMode") or ""
    if mode == "shareable":
        directory = _directory(engine, container.id)
        os.makedirs(directory, 0o700, exist_ok=True)
        if not os.path.ismount(directory):
            size_bytes = container.host_config.get("ShmSize") or 64 << 20
            syscall.mount(
                "shm", directory, "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC, f"mode=1777,size={size_bytes}"
            )
        return directory
    if mode.startswith("container:"):
        donor = state.resolve(engine, mode.partition(":")[2])
        directory = _directory(engine, donor.id)
        if not os.path.ismount(directory):
            raise InvalidParameter(
                f"failed to join IPC namespace: container {donor.id}: non-shareable IPC"
                " (hint: use IpcMode:shareable for the donor container)"
            )
        return directory
    return ""


def release(engine: Engine, container: Container) -> None:
    """Unmount what `shm_dir` mounted; containers that joined keep what they have."""
    directory = _directory(engine, container.id)
    if os.path.ismount(directory):
        syscall.unmount(directory, syscall.MNT_DETACH)


def _directory(engine: Engine, container_id: str) -> str:
    return f"{engine.paths.container_dir(container_id)}/shm"
