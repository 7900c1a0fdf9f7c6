"""Notices that a client has gone while nothing is being sent to it: a long wait or a quiet stream then ends as by Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import select
import signal
from typing import TYPE_CHECKING

from dockercompat.api.http import ClientGone

if TYPE_CHECKING:
    import socket
    from types import TracebackType

_F_SETSIG = 10  # fcntl.h; Python has no name for it


class Watch:
    """`with Watch(sock):` raises ClientGone in this process's main thread, wherever it is, once the other end is closed."""

    def __init__(self, sock: socket.socket) -> None:
        self._fd = sock.fileno()
        self._flags = 0

    def __enter__(self) -> Watch:
        signal.signal(signal.SIGIO, self._look)
        fcntl.fcntl(self._fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._fd, _F_SETSIG, signal.SIGIO)
        self._flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        fcntl.fcntl(self._fd, fcntl.F_SETFL, self._flags | os.O_ASYNC)
        self._look(signal.SIGIO, None)  # what happened before this began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        fcntl.fcntl(self._fd, fcntl.F_SETFL, self._flags)
        signal.signal(signal.SIGIO, signal.SIG_IGN)

    def _look(self, number: int, frame: object) -> None:
        poller = select.poll()
        poller.register(self._fd, select.POLLHUP | select.POLLRDHUP)
        if any(events & (select.POLLHUP | select.POLLRDHUP | select.POLLERR) for _, events in poller.poll(0)):
            signal.signal(signal.SIGIO, signal.SIG_IGN)
            raise ClientGone
