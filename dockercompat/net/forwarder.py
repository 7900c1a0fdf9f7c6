"""Questions handed on to other name servers: those of the host from the host's network, a container's own from the container's.

A server that says nothing for a second has the next one asked beside it, and is asked last for a while; one that fails or
refuses is passed over at once.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import time

from dockercompat.kernel import netns
from dockercompat.net import dnsmessage
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STEP_S = 1.0  # until the next server is asked as well
_LIMIT_S = 4.5  # the C library gives up after 5
_AVOID_S = 20.0  # how long a silent server is asked last
_MOST_SERVERS = 3  # as the C library and docker
_MOST_PENDING = 1000
_MOST_OF_ONE = 250  # of one client, so that others have their turn
_MOST_REMEMBERED = 100
_PORT = 53


class Way(Record):
    """Where a container's questions go.

    servers  their addresses, as in resolv.conf
    netns    path of the network namespace that they are asked from, "" for the host's
    """

    servers: tuple[str, ...]
    netns: str = ""


class _Attempt:
    """One server asked once: its socket, and what has come of a stream."""

    def __init__(self, pending: _Pending, server: str, connection: _socket.socket, message: bytes) -> None:
        self.pending, self.server, self.connection = pending, server, connection
        self.unsent = message
        self.id = message[2:4] if pending.stream else message[:2]
        self.received = b""


class _Pending:
    """A question on its way, with where the answer goes."""

    def __init__(
        self, question: dnsmessage.Question, client: str, way: Way, stream: bool, done: Callable[[bytes], None], now_s: float
    ) -> None:
        self.question, self.client, self.way, self.stream, self.done = question, client, way, stream, done
        self.servers: list[str] = []
        self.next = 0
        self.failed: set[str] = set()
        self.next_at_s, self.until_s = now_s, now_s + _LIMIT_S
        self.attempts: set[_Attempt] = set()
        self.poor = b""  # the answer of a server that failed, should no better one come


class Forwarder:
    """Belongs to an event loop: descriptors are registered with its epoll, and it calls back.

    handlers  descriptor -> what to call with the events; the loop's
    """

    def __init__(self, epoll: select.epoll, handlers: dict[int, Callable[[int], None]]) -> None:
        self._epoll, self._handlers = epoll, handlers
        self._pending: set[_Pending] = set()
        self._of_clients: dict[str, int] = {}
        self._silent_until_s: dict[tuple[str, str], float] = {}

    def forward(self, question: dnsmessage.Question, client: str, way: Way, done: Callable[[bytes], None], *, stream: bool) -> None:
        """Ask, and hand the answer to done: at once or later, in any case within 5 seconds.

        client  who asks: one that asks too much at a time is refused, others are not
        """
        of_client = self._of_clients.get(client, 0)
        if not way.servers or of_client >= _MOST_OF_ONE or len(self._pending) >= _MOST_PENDING:
            done(dnsmessage.reply(question, status=dnsmessage.SERVER_FAILURE))
            return
        now_s = time.monotonic()
        pending = _Pending(question, client, way, stream, done, now_s)
        servers = way.servers[:_MOST_SERVERS]
        pending.servers = sorted(servers, key=lambda each: self._silent_until_s.get((way.netns, each), 0.0) > now_s)
        self._pending.add(pending)
        self._of_clients[client] = of_client + 1
        self._advance(pending, now_s)

    def timeout_s(self) -> float:
        """Seconds until `expire` has something to do; -1 for never."""
        if not self._pending:
            return -1
        due_s = min(min(each.next_at_s, each.until_s) for each in self._pending)
        return max(0.0, due_s - time.monotonic())

    def expire(self) -> None:
        """Go on with questions whose servers are silent."""
        now_s = time.monotonic()
        for pending in [each for each in self._pending if now_s >= min(each.next_at_s, each.until_s)]:
            for attempt in pending.attempts:
                self._avoid(pending.way, attempt.server, now_s)
            if now_s >= pending.until_s:
                self._finish(pending, b"")
            else:
                self._advance(pending, now_s)

    def _avoid(self, way: Way, server: str, now_s: float) -> None:
        if len(self._silent_until_s) >= _MOST_REMEMBERED:
            self._silent_until_s = {key: until_s for key, until_s in self._silent_until_s.items() if until_s > now_s}
        self._silent_until_s[way.netns, server] = now_s + _AVOID_S

    def _advance(self, pending: _Pending, now_s: float) -> None:
        """Ask the next server, of those that have not failed; the first again after the last."""
        for _ in pending.servers:
            server = pending.servers[pending.next % len(pending.servers)]
            pending.next += 1
            if server not in pending.failed and self._ask(pending, server):
                pending.next_at_s = now_s + _STEP_S
                return
        if pending.attempts:
            pending.next_at_s = pending.until_s
        else:
            self._finish(pending, pending.poor)

    def _ask(self, pending: _Pending, server: str) -> bool:
        """False when that server can't be asked at all."""
        message = os.urandom(2) + pending.question.message[2:]
        if pending.stream:
            message = len(message).to_bytes(2, "big") + message
        kind = _socket.SOCK_STREAM if pending.stream else _socket.SOCK_DGRAM
        try:
            host = server.encode("ascii", "replace")  # as text it would have the module of international names loaded
            family, _, _, _, address = _socket.getaddrinfo(host, _PORT, 0, kind, 0, _socket.AI_NUMERICHOST)[0]
            connection = _connected(pending.way.netns, family, kind, address)
        except OSError:
            pending.failed.add(server)
            return False
        attempt = _Attempt(pending, server, connection, message)
        pending.attempts.add(attempt)
        self._handlers[connection.fileno()] = lambda events: self._happened(attempt, events)
        self._epoll.register(connection.fileno(), select.EPOLLIN | (select.EPOLLOUT if pending.stream else 0))
        if not pending.stream:
            try:
                connection.send(message)
            except OSError:
                self._drop(attempt)
                pending.failed.add(server)
                return False
        return True

    def _happened(self, attempt: _Attempt, events: int) -> None:
        try:
            message = self._received_stream(attempt, events) if attempt.pending.stream else attempt.connection.recv(65535)
        except BlockingIOError:
            return
        except (OSError, EOFError):
            self._fail(attempt, b"")
            return
        if not message or message[:2] != attempt.id or not dnsmessage.answers(message, attempt.pending.question):
            return
        self._silent_until_s.pop((attempt.pending.way.netns, attempt.server), None)
        if dnsmessage.rcode(message) in (dnsmessage.SERVER_FAILURE, dnsmessage.REFUSED, dnsmessage.NOT_IMPLEMENTED):
            self._fail(attempt, message)
        else:
            self._finish(attempt.pending, message)

    def _received_stream(self, attempt: _Attempt, events: int) -> bytes:
        """A whole message, or nothing yet. Raises EOFError when the other side is through."""
        if attempt.unsent and events & select.EPOLLOUT:
            attempt.unsent = attempt.unsent[attempt.connection.send(attempt.unsent) :]
            if not attempt.unsent:
                self._epoll.modify(attempt.connection.fileno(), select.EPOLLIN)
        if events & ~select.EPOLLOUT:
            chunk = attempt.connection.recv(65535)
            if not chunk:
                raise EOFError
            attempt.received += chunk
            if len(attempt.received) >= 2:
                size_bytes = int.from_bytes(attempt.received[:2], "big")
                if len(attempt.received) >= 2 + size_bytes:
                    return attempt.received[2 : 2 + size_bytes]
        return b""

    def _fail(self, attempt: _Attempt, answer: bytes) -> None:
        pending = attempt.pending
        self._drop(attempt)
        pending.failed.add(attempt.server)
        pending.poor = answer or pending.poor
        self._advance(pending, time.monotonic())

    def _drop(self, attempt: _Attempt) -> None:
        attempt.pending.attempts.discard(attempt)
        del self._handlers[attempt.connection.fileno()]
        self._epoll.unregister(attempt.connection.fileno())
        attempt.connection.close()

    def _finish(self, pending: _Pending, answer: bytes) -> None:
        for attempt in list(pending.attempts):
            self._drop(attempt)
        self._pending.discard(pending)
        self._of_clients[pending.client] -= 1
        if not self._of_clients[pending.client]:
            del self._of_clients[pending.client]
        if answer:
            pending.done(pending.question.id + answer[2:])
        else:
            pending.done(dnsmessage.reply(pending.question, status=dnsmessage.SERVER_FAILURE))


def _connected(namespace: str, family: int, kind: int, address: tuple[Any, ...]) -> _socket.socket:
    """A socket towards a server, of a network namespace."""

    def make() -> _socket.socket:
        connection = _socket.socket(family, kind | _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC)
        try:
            connection.connect(address)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                connection.close()
                raise
        return connection

    if not namespace:
        return make()
    namespace_fd = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return netns.within(namespace_fd, make)
    finally:
        os.close(namespace_fd)
