"""Names on user-defined networks: their server is started with the first container there and ended with the last.

It reads the database itself (engine/network/directory.py), so a command that changes addresses or names has nothing to tell it.
"""

from __future__ import annotations

from dockercompat.engine.network import store
from dockercompat.host.lock import Lock
from dockercompat.net import resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine


def names(container: Mapping[str, Any] | Row, config: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """By what others on a user-defined network find a container: name, aliases, short id, hostname."""
    found = [container["name"], *(settings.get("Aliases") or []), container["id"][:12], config.get("Hostname") or ""]
    return list(dict.fromkeys(name for name in found if name))


class Start:
    """The name server being started, begun by making this, where it is needed and does not run."""

    def __init__(self, engine: Engine, netns_fd: int) -> None:
        self._run_dir = engine.paths.run_dir
        self._lock = Lock(f"{engine.paths.locks_dir}/names")
        self._ready_fd = -1
        self._lock.acquire()
        try:
            if not resolver.pid(self._run_dir, netns_fd):
                self._ready_fd = resolver.start(self._run_dir, netns_fd, (*engine.paths.own_command(), "names"))
        finally:
            if self._ready_fd < 0:
                self._lock.release()

    def finish(self) -> None:
        """Wait until questions are taken. Raises ToolFailed"""
        if self._ready_fd >= 0:
            try:
                resolver.await_ready(self._run_dir, self._ready_fd)
            finally:
                self._ready_fd = -1
                self._lock.release()


def ensure(engine: Engine, netns_fd: int) -> None:
    """The name server runs. The container that needs it has its address already."""
    Start(engine, netns_fd).finish()


def stop_if_idle(engine: Engine) -> None:
    """After a container was detached: end the name server when nobody is left who may ask it."""
    if not _is_needed(engine):
        with Lock(f"{engine.paths.locks_dir}/names"):
            if not _is_needed(engine):
                resolver.stop(engine.paths.run_dir)


def is_missing(engine: Engine, netns_fd: int) -> bool:
    """Whether containers need a name server and none runs."""
    return _is_needed(engine) and not resolver.pid(engine.paths.run_dir, netns_fd)


def _is_needed(engine: Engine) -> bool:
    sql = "SELECT 1 FROM addresses a JOIN networks n ON n.id = a.network_id WHERE n.name != ? LIMIT 1"
    return engine.db.one(sql, (store.DEFAULT,)) is not None


def serve(engine: Engine) -> None:
    """Be the name server, in a process that resolver.start has started; returns never."""
    import _socket

    from dockercompat.engine.network.directory import Directory
    from dockercompat.kernel import syscall
    from dockercompat.net import process
    from dockercompat.net.nameserver import Server

    syscall.set_process_name("pydocker-names")
    process.take_all_descriptors()
    resolver.close_ready()
    Server(Directory(engine), _socket.socket(fileno=resolver.UDP_FD), _socket.socket(fileno=resolver.TCP_FD)).run()
