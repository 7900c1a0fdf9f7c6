"""UDP through the relay: a socket of its own towards the container for each client, so that answers find their way back."""

from __future__ import annotations

import _socket
import select
import struct
import time

from dockercompat.net.relay import clients

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.net.relay.server import Loop

_IDLE_S = 90.0  # docker's proxy forgets a client after as long
_MOST_FLOWS = 4096  # of one port; the one that was silent longest makes room
_TURN = 256  # datagrams of one socket before others have their turn
_IP_PKTINFO = 8
_IPV6_RECVPKTINFO = 49
_IPV6_PKTINFO = 50
_LARGEST = 65535


class Flow:
    """A client: its address, the address of the host that it used (as the ancillary data to answer with), its socket to the container."""

    def __init__(self, client: tuple[str, int], local: list[tuple[int, int, bytes]], server: _socket.socket) -> None:
        self.client, self.local, self.server = client, local, server
        self.used = time.monotonic()


class Receiver:
    """A udp port of the host, and where its datagrams go."""

    def __init__(self, loop: Loop, receiving: _socket.socket, target: tuple[str, int]) -> None:
        self.loop, self.socket, self.target = loop, receiving, target
        self.flows: dict[tuple[tuple[str, int], bytes], Flow] = {}
        receiving.setblocking(False)
        if receiving.family == _socket.AF_INET6:
            receiving.setsockopt(_socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        else:
            receiving.setsockopt(_socket.IPPROTO_IP, _IP_PKTINFO, 1)
        loop.watch(receiving.fileno(), select.EPOLLIN, self.on_event)

    def on_event(self, _: int) -> None:
        for _ in range(_TURN):
            try:
                data, ancillary, _, client = self.socket.recvmsg(_LARGEST, 64)
            except OSError:  # nothing more; or an answer that could not be delivered
                return
            local = b"".join(_local_address(level, raw) for level, _, raw in ancillary)
            flow = self.flows.pop((client, local), None) or self._begin(client, local)
            if flow is not None:
                self.flows[client, local] = flow  # behind all others: the first is the one whose client was silent longest
                flow.used = time.monotonic()
                try:
                    flow.server.send(data)
                except OSError:  # nobody listens there (yet), or its queue is full
                    continue

    def _begin(self, client: tuple[str, int], local: bytes) -> Flow | None:
        if len(self.flows) >= _MOST_FLOWS:
            self._end(next(iter(self.flows)))
        try:
            server = clients.connect(_socket.SOCK_DGRAM, client, self.target)
        except OSError:
            return None
        flow = Flow(client, _ancillary(local), server)
        self.loop.watch(server.fileno(), select.EPOLLIN, lambda _: self._answer(flow))
        return flow

    def _answer(self, flow: Flow) -> None:
        for _ in range(_TURN):
            try:
                data = flow.server.recv(_LARGEST)
            except OSError:
                return
            flow.used = time.monotonic()
            try:
                self.socket.sendmsg([data], flow.local, 0, flow.client)
            except OSError:
                continue

    def sweep(self) -> None:
        """Forget clients that were silent for long."""
        oldest = time.monotonic() - _IDLE_S
        for key in [key for key, flow in self.flows.items() if flow.used < oldest]:
            self._end(key)

    def _end(self, key: tuple[tuple[str, int], bytes]) -> None:
        flow = self.flows.pop(key)
        self.loop.forget(flow.server.fileno())
        flow.server.close()

    def close(self) -> None:
        for key in list(self.flows):
            self._end(key)
        self.loop.forget(self.socket.fileno())
        self.socket.close()


def _local_address(level: int, raw: bytes) -> bytes:
    """The host's address that a datagram was sent to, as packed in its ancillary data."""
    return raw[8:12] if level == _socket.IPPROTO_IP else raw[:16]


def _ancillary(local: bytes) -> list[tuple[int, int, bytes]]:
    if len(local) == 4:
        return [(_socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("i4s4s", 0, local, b"\0" * 4))]
    return [(_socket.IPPROTO_IPV6, _IPV6_PKTINFO, struct.pack("16si", local, 0))] if local else []
