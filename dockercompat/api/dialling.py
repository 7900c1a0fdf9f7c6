"""A connection to the API on standard input and output, as ssh:// addresses of docker's client use it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine

_PIECE_BYTES = 1 << 16


def serve_here(engine: Engine) -> socket.socket:
    """A client's socket whose other end a process of our own serves: no service is needed for one connection."""
    near, far = socket.socketpair()
    if os.fork():
        far.close()
        return near
    try:
        from dockercompat.api import worker

        near.close()
        null_fd = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1):
            os.dup2(null_fd, fd)
        worker.serve(engine, far)
    finally:
        os._exit(0)


def carry(sock: socket.socket) -> None:
    """Pass bytes both ways until the engine has no more; the end of standard input is passed on.

    A process for each direction: neither waits for the other.
    """
    pid = os.fork()
    if pid == 0:
        try:
            _copy(0, sock.fileno())
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            os._exit(0)
    try:
        _copy(sock.fileno(), 1)
    except OSError:  # nobody reads it any more
        pass
    finally:
        import signal

        sock.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _copy(from_fd: int, to_fd: int) -> None:
    while data := os.read(from_fd, _PIECE_BYTES):
        view = memoryview(data)
        while view:
            view = view[os.write(to_fd, view) :]
