"""Our streams joined with a process of another engine: what a hijacked connection carries, window sizes, signals."""

from __future__ import annotations

import select
import signal

from dockercompat.errors import DockerError
from dockercompat.remote.container import split_frames
from dockercompat.runtime import attach, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from types import FrameType

    from dockercompat.remote.client import Remote

_READ_BYTES = 1 << 16
_ENGINES_ERROR = 3  # the stream of a frame that holds a message of the engine


def relay(connection: socket.socket, streams: attach.Streams, *, framed: bool, detach: attach.DetachKeys | None) -> bool:
    """Carry bytes both ways until the engine ends its side; False when the detach keys were typed.

    framed  output comes in frames that name its stream, else all of it is standard output
    Raises  NotWritten when one of our own streams takes no more
    """
    feed = attach.Feed(connection.fileno())
    stdin_fd = streams.stdin_fd
    half_close = False
    rest = b""
    while True:
        wanted = {feed.fd: select.POLLIN if feed.is_empty else select.POLLIN | select.POLLOUT}
        if stdin_fd is not None and feed.is_empty:
            wanted[stdin_fd] = select.POLLIN
        for fd, event in attach.poll(wanted, None):
            if fd == stdin_fd:
                data = attach.read_some(fd)
                if data is None:
                    continue
                ended_here, detached = not data, False
                if detach is not None and data:
                    data, detached = detach.feed(data)
                if not feed.add(data) or ended_here:
                    stdin_fd = None
                    half_close = ended_here
                if detached:
                    return False
                continue
            if event & select.POLLOUT and not feed.push():
                stdin_fd = None
            if event != select.POLLOUT:
                came = _receive(connection)
                if came is None:
                    continue
                if not came:
                    return True
                rest = _deliver(rest + came, streams, framed=framed)
        if half_close and feed.is_empty:
            half_close = False
            _half_close(connection)


def _receive(connection: socket.socket) -> bytes | None:
    try:
        return connection.recv(_READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _deliver(data: bytes, streams: attach.Streams, *, framed: bool) -> bytes:
    """Pass on what is whole, and return the rest."""
    if not framed:
        streams.deliver(1, memoryview(data))
        return b""
    frames, rest = split_frames(data)
    for number, text in frames:
        if number == _ENGINES_ERROR:
            raise DockerError(f"error from daemon in stream: {text.decode('utf-8', 'replace')}")
        streams.deliver(2 if number == 2 else 1, memoryview(text))
    return rest


def _half_close(connection: socket.socket) -> None:
    import socket

    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def follow_size(remote: Remote, path: str) -> None:
    """Give the terminal at a path ("/containers/ID") our window's size, now and whenever it changes."""

    def apply(number: int = 0, frame: FrameType | None = None) -> None:
        rows, columns = terminal.size(1)
        if rows:
            try:
                remote.post(f"{path}/resize", h=rows, w=columns)
            except DockerError:
                return

    apply()
    signal.signal(signal.SIGWINCH, apply)
