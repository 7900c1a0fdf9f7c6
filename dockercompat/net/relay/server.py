"""The relay: one process per user, while ports are published, that hands the host's connections on to containers.

It lives in the user's network namespace. The sockets that listen on the host come through its own socket from the commands that
publish ports (net/relay/control.py), which bind them; so this program needs nothing of the host.
"""

from __future__ import annotations

import _socket
import select
import struct
import time

from dockercompat import json
from dockercompat.net import process
from dockercompat.net.relay.datagrams import Receiver
from dockercompat.net.relay.streams import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SWEEP_S = 10.0
_FAREWELL_S = 10.0  # for what was sent already, when the last port is closed


class Loop:
    """Descriptors and who wants to know of them."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._again: list[Callable[[int], None]] = []
        self._pause = False

    def watch(self, fd: int, events: int, handler: Callable[[int], None]) -> None:
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def busy(self) -> bool:
        """Whether there is anything but the control socket."""
        return len(self._handlers) > 1

    def again(self, handler: Callable[[int], None]) -> None:
        """Call a handler once more after the others."""
        self._again.append(handler)

    def rest(self) -> None:
        """There are no descriptors left: don't spin."""
        self._pause = True

    def step(self, timeout_s: float) -> None:
        """Wait for events and hand them out."""
        if self._pause:
            self._pause = False
            time.sleep(0.05)
        for fd, events in self._epoll.poll(0 if self._again else timeout_s):
            handler = self._handlers.get(fd)
            if handler is not None:
                handler(events)
        again, self._again = self._again, []
        for each in again:
            each(0)


class Relay:
    """The published ports by (protocol, host address, host port), and the socket on which commands change them."""

    def __init__(self, control: _socket.socket) -> None:
        self.loop = Loop()
        self.ports: dict[tuple[str, str, int], Listener | Receiver] = {}
        self._control = control
        self._end_at = 0.0
        self.loop.watch(control.fileno(), select.EPOLLIN, self._greet)

    def run(self) -> None:
        """Serve until there is nothing left to serve."""
        while not self._end_at or (self.loop.busy() and time.monotonic() < self._end_at):
            receivers = [each for each in self.ports.values() if isinstance(each, Receiver) and each.flows]
            self.loop.step(0.5 if self._end_at else _SWEEP_S if receivers else -1)
            for each in receivers:
                each.sweep()

    def _greet(self, _: int) -> None:
        try:
            fd = self._control._accept()[0]  # type: ignore[attr-defined]
        except OSError:  # connections have taken all descriptors: the command waits until some are free
            self.loop.rest()
            return
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, fd)
        self.loop.watch(fd, select.EPOLLIN, lambda _: self._serve(connection))

    def _serve(self, connection: _socket.socket) -> None:
        try:
            data, ancillary, _, _ = connection.recvmsg(1 << 16, 1024)
            fds = [fd for _, _, raw in ancillary for (fd,) in struct.iter_unpack("i", raw)]
            if not data:
                raise EOFError
            connection.send(json.dumps(self._answer(json.loads(data), fds)).encode())
        except (EOFError, OSError, ValueError):
            self.loop.forget(connection.fileno())
            connection.close()

    def _answer(self, request: dict[str, Any], fds: list[int]) -> bool:
        if request.get("end"):
            self._end_at = time.monotonic() + _FAREWELL_S
        for protocol, host_ip, host_port in request.get("remove", ()):
            port = self.ports.pop((protocol, host_ip, host_port), None)
            if port is not None:
                port.close()
        for fd, (protocol, host_ip, host_port, address, target_port) in zip(fds, request.get("add", ()), strict=True):
            key = protocol, host_ip, host_port
            if key in self.ports:
                self.ports.pop(key).close()
            family = _socket.AF_INET6 if ":" in host_ip else _socket.AF_INET
            if protocol == "tcp":
                listening = _socket.socket(family, _socket.SOCK_STREAM, 0, fd)
                self.ports[key] = Listener(self.loop, listening, (address, target_port))
            else:
                receiving = _socket.socket(family, _socket.SOCK_DGRAM, 0, fd)
                self.ports[key] = Receiver(self.loop, receiving, (address, target_port))
        for protocol, host_ip, host_port, address in request.get("lead", ()):
            port = self.ports.get((protocol, host_ip, host_port))
            if port is not None:
                port.target = address, port.target[1]
        return tuple(request.get("serves", ())) in self.ports


def main(control_fd: int) -> None:
    """Serve on a listening socket of sequential packets."""
    with open("/proc/self/comm", "w", encoding="utf-8") as file:
        file.write(process.RELAY)
    process.take_all_descriptors()
    Relay(_socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, control_fd)).run()
