"""The name server of user-defined networks: it answers for containers, to containers, by the address that a question comes from.

One thread and one event loop over a datagram and a stream socket of the user's network namespace. Who is who, and which other
servers a container has, a Directory says at every question, so nothing here is ever out of date.
"""

from __future__ import annotations

import _socket
import select
import time

from dockercompat.errors import DockerError
from dockercompat.net import dnsmessage
from dockercompat.net.forwarder import Forwarder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from dockercompat.net.dnsmessage import Question
    from dockercompat.net.forwarder import Way

    class Asker(Protocol):
        """A container that asks."""

        def addresses(self, name: str) -> list[tuple[str, str]] | None:
            """(IPv4, IPv6) address pairs of a name in the container's networks, "" for what it has none of; None for no such name."""

        def name_of(self, address: str) -> str:
            """The full name of a container by its address, "" for none in the container's networks."""

        def keeps(self, name: str) -> bool:
            """Whether a name that nobody here has is not asked for elsewhere either."""

        @property
        def way(self) -> Way: ...

    class Directory(Protocol):
        def asker(self, address: str) -> Asker | None: ...


_MOST_STREAMS = 200
_STREAM_IDLE_S = 10.0
_MOST_UNSENT_BYTES = 1 << 18  # a client that asks and does not read is given up
_LONGEST_QUERY_BYTES = 4096
_MAPPED = "::ffff:"  # IPv4 clients of a socket of both families


class _Stream:
    """A client's connection: what has come of its next question, and what has not left yet of its answers."""

    def __init__(self, connection: _socket.socket, address: str) -> None:
        self.connection, self.address = connection, address
        self.received = b""
        self.unsent = b""
        self.seen_s = time.monotonic()


class Server:
    """Serves until the process is killed.

    udp, tcp  bound; tcp listens
    """

    def __init__(self, directory: Directory, udp: _socket.socket, tcp: _socket.socket) -> None:
        self._directory, self._udp, self._tcp = directory, udp, tcp
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {udp.fileno(): self._datagrams, tcp.fileno(): self._connections}
        self._forwarder = Forwarder(self._epoll, self._handlers)
        self._streams: dict[int, _Stream] = {}
        self._under_way: set[tuple[object, bytes]] = set()
        self._turns: dict[str, int] = {}
        for each in (udp, tcp):
            each.setblocking(False)
            self._epoll.register(each.fileno(), select.EPOLLIN)

    def run(self) -> None:
        while True:
            timeout_s = self._forwarder.timeout_s()
            if self._streams:
                timeout_s = min(timeout_s, _STREAM_IDLE_S) if timeout_s >= 0 else _STREAM_IDLE_S
            for fd, events in self._epoll.poll(timeout_s):
                if fd in self._handlers:  # an earlier event of this round may have closed it
                    self._handlers[fd](events)
            self._forwarder.expire()
            if self._streams:
                long_ago_s = time.monotonic() - _STREAM_IDLE_S
                for stream in [each for each in self._streams.values() if each.seen_s < long_ago_s]:
                    self._close(stream)

    def _datagrams(self, _events: int) -> None:
        for _ in range(64):
            try:
                message, address = self._udp.recvfrom(_LONGEST_QUERY_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the last answer did not arrive
                continue
            key = (address, message)
            if key in self._under_way:  # the client got impatient
                continue
            self._under_way.add(key)
            self._answer(message, address[0].removeprefix(_MAPPED), self._replier(key, address), stream=False)

    def _replier(self, key: tuple[object, bytes], address: tuple[str, int]) -> Callable[[bytes], None]:
        def reply(answer: bytes) -> None:
            self._under_way.discard(key)
            try:
                if answer:
                    self._udp.sendto(answer, address)
            except OSError:  # the container has gone
                pass

        return reply

    def _connections(self, _events: int) -> None:
        try:
            fd, address = self._tcp._accept()  # type: ignore[attr-defined]
        except OSError:
            return
        connection = _socket.socket(self._tcp.family, self._tcp.type, 0, fd)
        connection.setblocking(False)
        if len(self._streams) >= _MOST_STREAMS:
            self._close(min(self._streams.values(), key=lambda each: each.seen_s))
        stream = _Stream(connection, address[0].removeprefix(_MAPPED))
        self._streams[fd] = stream
        self._handlers[fd] = lambda events: self._stream_happened(stream, events)
        self._epoll.register(fd, select.EPOLLIN)

    def _close(self, stream: _Stream) -> None:
        fd = stream.connection.fileno()
        if self._streams.pop(fd, None) is not None:
            del self._handlers[fd]
            self._epoll.unregister(fd)
            stream.connection.close()

    def _stream_happened(self, stream: _Stream, events: int) -> None:
        stream.seen_s = time.monotonic()
        if events & select.EPOLLOUT:
            self._send(stream, b"")
        if not events & ~select.EPOLLOUT or stream.connection.fileno() < 0:
            return
        try:
            chunk = stream.connection.recv(65535)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._close(stream)
            return
        received, at = stream.received + chunk, 0
        while len(received) >= at + 2 and stream.connection.fileno() >= 0:
            end = at + 2 + int.from_bytes(received[at : at + 2], "big")
            if len(received) < end:
                break
            self._answer(received[at + 2 : end], stream.address, lambda answer: self._send_answer(stream, answer), stream=True)
            at = end
        stream.received = received[at:]

    def _send_answer(self, stream: _Stream, answer: bytes) -> None:
        if answer:
            self._send(stream, len(answer).to_bytes(2, "big") + answer)

    def _send(self, stream: _Stream, data: bytes) -> None:
        if stream.connection.fileno() < 0:
            return
        stream.unsent += data
        try:
            stream.unsent = stream.unsent[stream.connection.send(stream.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._close(stream)
            return
        if len(stream.unsent) > _MOST_UNSENT_BYTES:
            self._close(stream)
            return
        self._epoll.modify(stream.connection.fileno(), select.EPOLLIN | (select.EPOLLOUT if stream.unsent else 0))

    def _answer(self, message: bytes, address: str, reply: Callable[[bytes], None], *, stream: bool) -> None:
        """Answer a message that came from a container's address; what comes from elsewhere gets nothing."""
        try:
            asker = self._directory.asker(address)
        except DockerError:  # the database can't be read just now; who gets no answer asks again
            asker = None
        if asker is None:
            reply(b"")
            return
        try:
            question = dnsmessage.read_question(message)
        except ValueError:
            reply(dnsmessage.refusal(message, dnsmessage.FORMAT_ERROR))
            return
        if not dnsmessage.is_standard(question):
            reply(dnsmessage.refusal(message, dnsmessage.NOT_IMPLEMENTED))
            return
        records = self._records(asker, question)
        if records is not None:
            reply(dnsmessage.reply(question, records, stream=stream))
        else:
            self._forwarder.forward(question, address, asker.way, reply, stream=stream)

    def _records(self, asker: Asker, question: Question) -> list[tuple[int, bytes]] | None:
        """What is known here of a name: an empty list says that it has nothing of that type. None: others may know."""
        if question.type == dnsmessage.PTR:
            name = asker.name_of(dnsmessage.reversed_address(question.name))
            return [(dnsmessage.PTR, dnsmessage.encode_name(name))] if name else None
        found = asker.addresses(question.name)
        if found is None:
            return [] if question.type in (dnsmessage.A, dnsmessage.AAAA) and asker.keeps(question.name) else None
        if question.type == dnsmessage.A:
            return self._in_turn(question.name, [(dnsmessage.A, _socket.inet_aton(ipv4)) for ipv4, _ in found if ipv4])
        if question.type == dnsmessage.AAAA:
            return self._in_turn(question.name, [(dnsmessage.AAAA, _socket.inet_pton(_socket.AF_INET6, ipv6)) for _, ipv6 in found if ipv6])
        return []

    def _in_turn(self, name: str, records: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """Another record first each time."""
        if len(records) < 2:
            return records
        if len(self._turns) > 1000:
            self._turns.clear()
        turn = self._turns[name] = (self._turns.get(name, -1) + 1) % len(records)
        return records[turn:] + records[:turn]
