"""The engine's own socket in a container: what `-v /var/run/docker.sock:/var/run/docker.sock` means here.

Nobody need serve it beforehand. A keeper (a small process, one for all containers) listens on a socket of the engine's and starts the
service when the first client comes; the service leaves when idle, the keeper when no container that has the socket runs any more. Keeper
and service both hold the listening socket, so that the death of either costs nothing: a container has the very socket mounted,
and a new one at the same path would be another.
"""

from __future__ import annotations

import os
import time

from dockercompat.errors import DockerError
from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

IDLE_S = 60
LISTENER_FD, LOCK_FD = 3, 4
_MARK = "engine-socket"  # a file in the bundle of a container that has the socket, while it runs
_LOOK_S = 5
_PATIENCE_S = 10


def is_engines(engine: Engine, source: str) -> bool:
    """Whether the source of a bind is a place where docker's engine has its socket."""
    return source in ("/var/run/docker.sock", "/run/docker.sock", f"{os.path.dirname(engine.paths.run_dir)}/docker.sock")


def path(engine: Engine) -> str:
    return f"{engine.paths.run_dir}/engine.sock"


def _lock(engine: Engine) -> Lock:
    return Lock(f"{engine.paths.locks_dir}/engine-socket")


def provide(engine: Engine, container: Container, points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A container's mount points with the engine's socket where it is asked for; somebody listens then. For one that is about to start."""
    if not any(_wants(engine, point) for point in points):
        return list(points)
    with open(f"{engine.paths.bundle_dir(container.id)}/{_MARK}", "w", encoding="utf-8"):
        pass
    _ensure_kept(engine)
    return [{**point, "Source": path(engine)} if _wants(engine, point) else point for point in points]


def _wants(engine: Engine, point: dict[str, Any]) -> bool:
    return point["Type"] == "bind" and is_engines(engine, point["Source"])


def is_used(engine: Engine) -> bool:
    """Whether a container that has the socket runs."""
    directory = f"{engine.paths.run_dir}/c"
    return any(os.path.exists(f"{directory}/{name}/{_MARK}") for name in os.listdir(directory))


def _ensure_kept(engine: Engine) -> None:
    """A socket at the path is served while its lock is held: whoever finds it free removes one that was left before anybody is started."""
    if _is_kept(engine):
        return
    from dockercompat.host.run import spawn, wait

    wait(spawn(("setsid", "--fork", *engine.paths.own_command(), "keep-socket"), new_session=True, cwd="/"))
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_kept(engine):
        if time.monotonic() > deadline:
            raise DockerError(f"nobody listens on the engine's socket {path(engine)}")
        time.sleep(0.005)


def _is_kept(engine: Engine) -> bool:
    lock = _lock(engine)
    if lock.acquire(block=False):
        _remove(path(engine))
        lock.release()
        return False
    return os.path.exists(path(engine))


def keep(engine: Engine) -> int:
    """Be the keeper, until no container needs one. A second one ends at once."""
    import _socket
    import select

    from dockercompat.engine.container import group, limits
    from dockercompat.host.run import spawn
    from dockercompat.kernel import syscall

    lock = _lock(engine)
    if not lock.acquire(block=False):
        return 0
    syscall.set_process_name("pydocker-socket")
    if limits.controllers(engine):
        try:
            group.tree(engine).enter()  # out of the session of whoever started it
        except (OSError, DockerError):
            pass
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    made = f"{path(engine)}.new"
    _remove(made)
    old_mask = os.umask(0o177)
    os.chdir(engine.paths.run_dir)
    listener.bind(os.path.basename(made))  # a socket's path has 107 bytes at most
    os.chdir("/")
    os.umask(old_mask)
    listener.listen(512)
    os.rename(made, path(engine))
    poller = select.poll()
    poller.register(listener.fileno(), select.POLLIN)
    command = (*engine.paths.own_command(), "serve-socket")
    while is_used(engine):
        if poller.poll(_LOOK_S * 1000):
            pid = spawn(command, keep_fds={listener.fileno(): LISTENER_FD, lock.fd: LOCK_FD}, new_session=True, cwd="/")
            os.waitpid(pid, 0)
            time.sleep(0.05)  # should it fail each time
    _remove(path(engine))
    lock.release()
    return 0


def _remove(name: str) -> None:
    try:
        os.unlink(name)
    except FileNotFoundError:
        pass
