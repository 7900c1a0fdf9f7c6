"""TCP through the relay: bytes go from socket to socket through pipes in the kernel (splice), never through this program.

Every socket is registered once, edge-triggered; a direction moves until one of its ends would block.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import struct

from dockercompat.net.relay import clients

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.net.relay.server import Loop

_PIPE_BYTES = 256 << 10
_TURN_BYTES = 4 << 20  # after so much of one direction the others have their turn
_SPARE_PIPES = 32
_EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_FLAGS = os.SPLICE_F_NONBLOCK | os.SPLICE_F_MOVE
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets

_spare: list[tuple[int, int]] = []


def _pipe() -> tuple[int, int]:
    if _spare:
        return _spare.pop()
    import fcntl

    pair = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.fcntl(pair[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:  # a user has so much for pipes and no more: smaller ones do
        pass
    return pair


class Listener:
    """A port of the host, and where its connections go."""

    def __init__(self, loop: Loop, listening: _socket.socket, target: tuple[str, int]) -> None:
        self.loop, self.socket, self.target = loop, listening, target
        self.streams: set[Stream] = set()
        listening.setblocking(False)
        listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_KEEPALIVE, 1)  # its connections have it too: clients vanish without a word
        loop.watch(listening.fileno(), select.EPOLLIN, self.on_event)

    def on_event(self, _: int) -> None:
        for _ in range(64):
            try:
                fd, address = self.socket._accept()  # type: ignore[attr-defined]
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self.loop.rest()  # waiting connections stay in the queue
                return
            Stream(self, _socket.socket(self.socket.family, self.socket.type, 0, fd), address)

    def close(self) -> None:
        self.loop.forget(self.socket.fileno())
        self.socket.close()
        for each in list(self.streams):
            each.finish()


class Stream:
    """A connection: the client's socket and the container's, a pipe for each direction."""

    def __init__(self, listener: Listener, client: _socket.socket, address: tuple[str, int]) -> None:
        self.listener, self.loop = listener, listener.loop
        self.client = client
        client.setblocking(False)
        client.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self.connected = self.closed = False
        try:
            self.server = clients.connect(_socket.SOCK_STREAM, address, listener.target)
        except OSError:
            client.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, _RESET)
            client.close()
            return
        self.server.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self.server.setsockopt(_socket.SOL_SOCKET, _socket.SO_KEEPALIVE, 1)
        self.up = Direction(client, self.server)
        self.down = Direction(self.server, client)
        listener.streams.add(self)
        self.loop.watch(client.fileno(), _EVENTS, self.on_event)
        self.loop.watch(self.server.fileno(), _EVENTS, self.on_event)

    def on_event(self, events: int) -> None:
        if self.closed:
            return
        if not self.connected:
            if self.server.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR):
                self.close(reset=True)
                return
            try:
                self.server.getpeername()
            except OSError:
                return
            self.connected = True
        try:
            again = self.up.move()
            again = self.down.move() or again
        except OSError:
            self.close(reset=True)
            return
        if self.up.done and self.down.done:
            self.close()
        elif again:
            self.loop.again(self.on_event)

    def finish(self) -> None:
        """The container has gone: give the client what it still sent, and the end."""
        if self.connected and not self.closed:
            self.up.done = True
            try:
                while self.down.move():
                    pass
            except OSError:
                self.close(reset=True)
                return
        if not self.closed and not self.down.pending:
            self.close()
        else:
            self.down.ended = True

    def close(self, *, reset: bool = False) -> None:
        if self.closed:
            return
        self.closed = True
        self.listener.streams.discard(self)
        for each in (self.client, self.server):
            self.loop.forget(each.fileno())
            if reset:
                each.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, _RESET)
            each.close()
        self.up.close()
        self.down.close()


class Direction:
    """What flows from one socket to the other. done: the end was passed on."""

    def __init__(self, source: _socket.socket, target: _socket.socket) -> None:
        self.source, self.target = source, target
        self.pipe: tuple[int, int] | None = None
        self.pending = 0  # bytes in the pipe
        self.ended = self.done = False

    def move(self) -> bool:
        """Move what there is; whether there may be more. Raises OSError when a side is gone."""
        if self.done:
            return False
        moved = 0
        source, target = self.source.fileno(), self.target.fileno()
        if self.pipe is None:
            self.pipe = _pipe()
        out_end, in_end = self.pipe
        while moved < _TURN_BYTES:
            if not self.pending:
                if self.ended:
                    self._pass_end()
                    return False
                try:
                    self.pending = os.splice(source, in_end, _PIPE_BYTES, flags=_FLAGS)
                except BlockingIOError:
                    self.close()  # idle: another one may have the pipe
                    return False
                if not self.pending:
                    self.ended = True
                    continue
            try:
                count = os.splice(out_end, target, self.pending, flags=_FLAGS)
            except BlockingIOError:
                return False
            self.pending -= count
            moved += count
        return True

    def _pass_end(self) -> None:
        self.done = True
        self.close()
        try:
            self.target.shutdown(_socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        if self.pipe is None:
            return
        if self.pending or len(_spare) >= _SPARE_PIPES:
            os.close(self.pipe[0])
            os.close(self.pipe[1])
        else:
            _spare.append(self.pipe)
        self.pipe = None
