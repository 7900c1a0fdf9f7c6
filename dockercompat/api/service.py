"""The service: one process listens, and every connection gets a process of its own, forked from it with everything loaded.

A verb of the engine is written for a process that does one thing; so no two requests share a thread, memory or namespaces, a crash
takes one connection along, and nothing that one client did stays behind. The listening process holds no state: killed, it costs
the open connections and nothing else.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING

from dockercompat.api import dispatch
from dockercompat.api.http import ClientGone, Connection
from dockercompat.kernel import syscall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine

_BACKLOG = 512
_PRELOADED = """
engine.container.list engine.container.inspect engine.container.create engine.container.start engine.container.stop
engine.container.remove engine.image.list engine.image.inspect engine.network.list engine.volume.list
api.handlers.containers api.handlers.container_streams api.handlers.system
"""


class Service:
    """A listening service.

    listeners  sockets that listen already
    idle_s     leave after this long without a connection, 0 for never
    """

    def __init__(self, engine: Engine, listeners: Sequence[socket.socket], *, idle_s: float = 0) -> None:
        self.engine = engine
        self.listeners = list(listeners)
        self.idle_s = idle_s
        self._children: set[int] = set()
        self._told_to_end = False

    def run(self) -> None:
        """Serve until nobody comes any more, or a signal ends it."""
        _preload()
        wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        poller = select.poll()
        poller.register(wake_read, select.POLLIN)
        for listener in self.listeners:
            listener.setblocking(False)
            poller.register(listener, select.POLLIN)
        by_fd = {listener.fileno(): listener for listener in self.listeners}
        quiet_since = time.monotonic()
        while not self._told_to_end:
            for fd, _ in poller.poll(self._patience_ms(quiet_since)):
                if fd == wake_read:
                    os.read(wake_read, 4096)
                    self._reap()
                elif self._accept(by_fd[fd], (wake_read, wake_write)):
                    quiet_since = time.monotonic()
            if self._children:
                quiet_since = time.monotonic()
            elif self.idle_s and time.monotonic() - quiet_since >= self.idle_s:
                return

    def _patience_ms(self, quiet_since: float) -> int | None:
        if not self.idle_s or self._children:
            return None
        return max(1, int((quiet_since + self.idle_s - time.monotonic()) * 1000))

    def _end(self, number: int, frame: object) -> None:
        self._told_to_end = True

    def _reap(self) -> None:
        while self._children:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._children.clear()
                return
            if not pid:
                return
            self._children.discard(pid)

    def _accept(self, listener: socket.socket, own_fds: tuple[int, ...]) -> bool:
        try:
            client, _ = listener.accept()
        except OSError:
            return False
        if not _is_ours(client):
            client.close()
            return False
        pid = os.fork()
        if pid == 0:
            _become_child(own_fds, self.listeners)
            serve_client(self.engine, client)
        client.close()
        self._children.add(pid)
        return True


def _preload() -> None:
    """Load what most requests need before the first fork, and let the children share it."""
    from importlib import import_module

    for name in _PRELOADED.split():
        import_module(f"dockercompat.{name}")
    gc.collect()
    gc.freeze()


def _is_ours(client: socket.socket) -> bool:
    """Whether a local client is of our own user, or root."""
    if client.family != socket.AF_UNIX:
        return True
    _, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid in (0, os.getuid())


def _become_child(own_fds: Sequence[int], listeners: Sequence[socket.socket]) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)
    for fd in own_fds:
        os.close(fd)
    for listener in listeners:
        listener.close()


def serve_client(engine: Engine, client: socket.socket) -> None:
    """Answer one client in this process, which ends with it."""
    status = 0
    try:
        client.setblocking(True)
        dispatch.serve(engine, Connection(client, dispatch.HEADERS))
    except (ClientGone, KeyboardInterrupt):
        pass
    except BaseException as error:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
        status = 1
    finally:
        sys.stderr.flush()
        os._exit(status)


def listen_unix(path: str) -> socket.socket:
    """A listening socket at a path, usable by its owner only. A stale one is replaced. Raises OSError when somebody serves it."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory, name = os.path.split(os.path.abspath(path))
    directory_fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        short = f"/proc/self/fd/{directory_fd}/{name}"  # a socket's path has 107 bytes at most
        old_mask = os.umask(0o177)
        try:
            sock.bind(short)
        except OSError:
            if _answers(short):
                sock.close()
                raise
            os.unlink(short)
            sock.bind(short)
        finally:
            os.umask(old_mask)
    finally:
        os.close(directory_fd)
    sock.listen(_BACKLOG)
    return sock


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
