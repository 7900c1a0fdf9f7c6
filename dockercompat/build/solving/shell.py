"""A shell in the state of a step that failed: its files as they are after the failure, its mounts, environment and network."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import select
import signal
import socket
import termios

from dockercompat.errors import BuildFailed
from dockercompat.runtime.terminal import RawTerminal, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


class Console:
    """The socket on which the runtime hands over the terminal that it made for a process. Spec: crun(1) --console-socket."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(1)

    def accept(self, timeout_s: float = 20.0) -> int:
        """The other side of the terminal. Raises BuildFailed when none comes."""
        self._socket.settimeout(timeout_s)
        try:
            connection, _ = self._socket.accept()
            with connection:
                _, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(array.array("i").itemsize))
        except OSError as error:
            raise BuildFailed(f"the shell did not start: {error}") from None
        finally:
            self._socket.close()
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(data[: fds.itemsize])
                return fds[0]
        raise BuildFailed("the shell did not start: the runtime gave no terminal")


def converse(master_fd: int) -> None:
    """Connect a terminal with this process's standard input and output until it ends."""

    def resize(number: int = 0, frame: FrameType | None = None) -> None:
        rows, columns = size(0)
        if rows:
            fcntl.ioctl(master_fd, termios.TIOCSWINSZ, array.array("H", [rows, columns, 0, 0]))

    before = signal.signal(signal.SIGWINCH, resize)
    resize()
    try:
        with RawTerminal(0):
            _copy(master_fd)
    finally:
        signal.signal(signal.SIGWINCH, before)
        os.close(master_fd)


def _copy(master_fd: int) -> None:
    sources = [0, master_fd]
    while master_fd in sources:
        ready, _, _ = select.select(sources, [], [])
        for fd in ready:
            try:
                data = os.read(fd, 1 << 16)
            except OSError as error:
                if error.errno != errno.EIO:  # the last process of the terminal has ended
                    raise
                data = b""
            if not data:
                sources.remove(fd)
                continue
            view = memoryview(data)
            while view:
                view = view[os.write(1 if fd == master_fd else master_fd, view) :]
