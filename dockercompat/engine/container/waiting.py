"""Those who want to be there when a container starts: each has a pipe with a name, and the start waits a moment until it has joined.

A client of the Engine API attaches to a container, or waits for its next end, before it starts it. The one who starts it, in whatever
process, calls `let_in` between the making of the first process and its first instruction, so that no byte and no end is missed.
"""

from __future__ import annotations

import errno
import os
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from dockercompat.engine.engine import Engine

STARTS, GONE = b"s", b"g"
_PATIENCE_S = 2.0  # with all who wait


def _directory(engine: Engine, container_id: str) -> str:
    return f"{engine.paths.run_dir}/waiters/{container_id}"


class Waiter:
    """A place in the queue; `with` gives it up, and only then does the container begin."""

    def __init__(self, engine: Engine, container_id: str) -> None:
        directory = _directory(engine, container_id)
        os.makedirs(directory, 0o700, exist_ok=True)
        self._path = f"{directory}/{os.getpid()}-{os.urandom(4).hex()}"
        os.mkfifo(self._path, 0o600)
        self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """Readable when there is news."""
        return self._fd

    def news(self) -> bytes:
        """STARTS, GONE for a container that was removed, b"" for nothing yet."""
        try:
            return os.read(self._fd, 1)
        except BlockingIOError:
            return b""

    def __enter__(self) -> Waiter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass
        os.close(self._fd)


def let_in(engine: Engine, container_id: str, news: bytes = STARTS) -> None:
    """Tell all who wait, and wait until each has given up its place or two seconds are over. Nobody waiting costs next to nothing."""
    directory = _directory(engine, container_id)
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return
    poller = select.poll()
    open_fds = []
    for name in names:
        path = f"{directory}/{name}"
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ENXIO:  # its process is no more
                _unlink(path)
            continue
        open_fds.append(fd)
        try:
            os.write(fd, news)
        except OSError:
            continue
        poller.register(fd, 0)  # an error: the other end was closed
    deadline = time.monotonic() + _PATIENCE_S
    left = len(open_fds)
    while left and (rest_s := deadline - time.monotonic()) > 0:
        for fd, _ in poller.poll(rest_s * 1000):
            poller.unregister(fd)
            left -= 1
    for fd in open_fds:
        os.close(fd)
    if news == GONE:
        try:
            os.rmdir(directory)
        except OSError:
            pass


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
