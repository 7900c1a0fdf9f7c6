"""One client's connection: requests in and answers out through h11, until it closes or its socket is taken over for a stream."""

from __future__ import annotations

import http.client
import io
import json
import select
import socket
import time
from typing import TYPE_CHECKING

import h11

from dockercompat.errors import DockerError, InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_READ_BYTES = 1 << 16
_HEAD_BYTES = 1 << 20  # of a request's line and headers, as much as Go's server takes
DOCUMENT_BYTES = 16 << 20  # of a body that is a JSON document
_HEAD_S = 60  # from a request's first byte to the end of its head, and without a byte of a document
_DOCUMENT_S = 300  # from the first byte of a document to its end
_IDLE_S = 300  # that a connection may be kept without a request
_WITHOUT_BODY = (204, 304)
_DATE = "%a, %d %b %Y %H:%M:%S GMT"
_PARTING_S = 3  # that a client which was told everything may take to close its end
_UNREAD_BYTES = 1 << 20  # of a body nobody wanted that is read to its end, so that the connection can go on

Headers = list[tuple[str, str]]


class ClientGone(Exception):
    """The client has closed its end, or does not speak HTTP."""


class TooLarge(InvalidParameter):
    """A document that is larger than any that means something."""

    http_status = 413

    def __init__(self) -> None:
        super().__init__("http: request body too large")


class TooSlow(InvalidParameter):
    """The rest of a document does not come."""

    http_status = 408

    def __init__(self) -> None:
        super().__init__("the request's body did not come in time")


class Connection:
    """The server's side of one connection, for one process and thread.

    sock            a connected stream socket in blocking mode; its owner closes it
    guard_fd        once it is readable, the connection ends as soon as no request is being answered; -1 for none
    on_last         called when the connection turns out to be more than documents that were asked for
    on_join         called when the process has entered the user's namespaces
    leaves_nothing  whether the process is as good as new when the connection has ended
    """

    def __init__(self, sock: socket.socket, headers: Sequence[tuple[str, str]] = ()) -> None:
        """headers: of every answer."""
        self.sock = sock
        self.headers = list(headers)
        self.is_hijacked = False
        self.is_head = False  # the request wants no body
        self.guard_fd = -1
        self.leaves_nothing = True
        self.on_last: Callable[[], None] = _nothing
        self.on_join: Callable[[], None] = _nothing
        self._patience_s = 0.0  # for the next bytes, 0 for as long as it takes
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_BYTES)

    def next_request(self) -> h11.Request | None:
        """The next request; None when the client wants no more. Raises ClientGone."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state is not h11.IDLE:
            return None
        event = self._next_head()
        if not isinstance(event, h11.Request):
            return None
        self.is_head = event.method == b"HEAD"
        return event

    def _next_head(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """A head must come in a piece: who sends half of one gets 408 after a minute. Waiting for its first byte ends with the guard."""
        if not self._http.trailing_data[0] and not self._await_request():
            return h11.NEED_DATA
        deadline = time.monotonic() + _HEAD_S
        self._patience_s = _HEAD_S
        try:
            return self._next_event(deadline)
        except TooSlow:
            self._refuse(408, b"408 Request Timeout")
            raise ClientGone from None
        finally:
            self._patience_s = 0

    def _await_request(self) -> bool:
        """Read the first bytes of a request; False when none comes. Raises ClientGone when this process could no longer answer it."""
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        if self.guard_fd >= 0:
            poller.register(self.guard_fd, select.POLLIN)
        ready = [fd for fd, _ in poller.poll(_IDLE_S * 1000)]
        if not ready or self.guard_fd in ready:
            raise ClientGone
        data = self._receive()
        self._http.receive_data(data)
        return bool(data)

    def part(self) -> None:
        """Say that nothing more comes, and read what the client still sends: closed with something unread, it would not get the end."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            poller = select.poll()
            poller.register(self.sock, select.POLLIN)
            deadline = time.monotonic() + _PARTING_S
            while (left_s := deadline - time.monotonic()) > 0 and poller.poll(left_s * 1000):
                if not self.sock.recv(_READ_BYTES, socket.MSG_DONTWAIT):
                    return
        except OSError:  # it has gone
            return

    def lasts(self) -> None:
        """The connection is more than documents that were asked for: it has its process for itself from now on."""
        if self.leaves_nothing:
            self.leaves_nothing = False
            self.on_last()

    def read_document(self) -> bytes:
        """The whole of a body that is a JSON document. Raises ClientGone, TooLarge, TooSlow."""
        pieces, size = [], 0
        self._patience_s = _HEAD_S
        deadline = time.monotonic() + _DOCUMENT_S
        try:
            while piece := self.read_body(deadline):
                size += len(piece)
                if size > DOCUMENT_BYTES:
                    raise TooLarge
                pieces.append(piece)
        finally:
            self._patience_s = 0
        return b"".join(pieces)

    def read_body(self, deadline: float = 0) -> bytes:
        """The next piece of the request's body, b"" at its end. Raises ClientGone when it is cut off, TooSlow behind a deadline."""
        if self._http.their_state is not h11.SEND_BODY:
            return b""
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        event = self._next_event(deadline)
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return b""
        raise ClientGone

    def _next_event(self, deadline: float = 0) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                if deadline and time.monotonic() > deadline:
                    raise TooSlow
                self._http.receive_data(self._receive())
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            self._refuse(status, f"{status} {_reason(status).decode()}".encode())
            raise ClientGone from None
        return event

    def _refuse(self, status: int, text: bytes) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.headers.append(("Connection", "close"))
            headers = self._head("text/plain; charset=utf-8", (), len(text))
            self._send(h11.Response(status_code=status, headers=headers, reason=_reason(status)))
            self._send(h11.Data(data=text))
            self.part()

    def _receive(self) -> bytes:
        try:
            if self._patience_s:
                try:
                    return self.sock.recv(_READ_BYTES, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    pass
                poller = select.poll()
                poller.register(self.sock, select.POLLIN)
                if not poller.poll(self._patience_s * 1000):
                    raise TooSlow
            return self.sock.recv(_READ_BYTES)
        except OSError:
            raise ClientGone from None

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self.write(data)

    def write(self, data: bytes | memoryview) -> None:
        """Bytes as they are. Raises ClientGone."""
        try:
            self.sock.sendall(data)
        except OSError:
            raise ClientGone from None

    def answer(
        self,
        status: int,
        body: bytes,
        content_type: str = "",
        headers: Iterable[tuple[str, str]] = (),
        *,
        bare: Sequence[str] | None = None,
    ) -> None:
        """A whole answer. bare: without the headers of every answer, but with those that it names."""
        if bare is not None:
            kept, self.headers = self.headers, [each for each in self.headers if each[0] in bare or each[0] == "Connection"]
            self.answer(status, body, content_type, headers)
            self.headers = kept
            return
        length = -1 if status in _WITHOUT_BODY else len(body)
        self._send(h11.Response(status_code=status, headers=self._head(content_type, headers, length), reason=_reason(status)))
        if body and not self.is_head:
            self._send(h11.Data(data=body))
        self._finish()

    def begin(self, status: int, content_type: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        """The head of an answer whose body follows in pieces; `end` ends it."""
        self.lasts()
        self._send(h11.Response(status_code=status, headers=self._head(content_type, headers, -1), reason=_reason(status)))

    def send_body(self, data: bytes) -> None:
        """A piece of the body, which the client gets at once."""
        if data:
            self._send(h11.Data(data=data))

    def end(self) -> None:
        """The end of a body that was sent in pieces."""
        self._finish()

    def _finish(self) -> None:
        """End the answer; what nobody read of the request is read, so that the next one can come, unless it is much."""
        self._send(h11.EndOfMessage())
        unread = 0
        if self._http.they_are_waiting_for_100_continue:
            return
        self._patience_s = _PARTING_S
        deadline = time.monotonic() + _HEAD_S
        try:
            while unread < _UNREAD_BYTES and (data := self.read_body(deadline)):
                unread += len(data)
        except TooSlow:
            raise ClientGone from None
        finally:
            self._patience_s = 0

    @property
    def has_answered(self) -> bool:
        """Whether the head of an answer has been sent."""
        return self.is_hijacked or self._http.our_state is not h11.SEND_RESPONSE

    def hijack(self, content_type: str, *, upgrade: bool) -> bytes:
        """Take the socket over for a stream of bytes both ways; what the client has sent of it already.

        upgrade  the client asked for a change of protocol (101); else the answer is docker's older 200
        """
        line = b"HTTP/1.1 101 UPGRADED" if upgrade else b"HTTP/1.1 200 OK"
        fields = [("Content-Type", content_type)]
        if upgrade:
            fields += [("Connection", "Upgrade"), ("Upgrade", "tcp")]
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in [*fields, *self.headers])
        return self.take_over(line + b"\r\n" + head + b"\r\n")

    def take_over(self, head: bytes) -> bytes:
        """Answer with a head, after which the socket is no HTTP any more; what the client has sent of what follows already."""
        self.lasts()
        self.write(head)
        self.is_hijacked = True
        while self._http.their_state is h11.SEND_BODY and isinstance(self._http.next_event(), h11.Data):
            continue  # a body is none of the stream
        return bytes(self._http.trailing_data[0])

    def refuse_stream(self, status: int, content_type: str, text: bytes) -> None:
        """What docker writes on a socket that it had taken over when the stream could not begin."""
        self.take_over(f"HTTP/1.1 {status} {_reason(status).decode()}\r\nContent-Type: {content_type}\r\n\r\n".encode() + text)

    def _head(self, content_type: str, headers: Iterable[tuple[str, str]], length: int) -> Headers:
        fields = [*self.headers, *headers, ("Date", time.strftime(_DATE, time.gmtime()))]
        if content_type:
            fields.append(("Content-Type", content_type))
        if length >= 0:
            fields.append(("Content-Length", str(length)))
        return fields


def _nothing() -> None:
    return None


def _reason(status: int) -> bytes:
    return http.client.responses.get(status, "").encode()


class Body(io.RawIOBase):
    """A request's body as a file that can be read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rest = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something now; 0 at the end."""
        if not self._rest and not self._ended:
            self._rest = memoryview(self._connection.read_body())
            self._ended = not self._rest
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


_HTML_ESCAPES = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def to_json(value: Any, *, for_html: bool = True) -> bytes:
    """A document as Go's encoder writes it: compact, with a newline; in streams with <, > and & escaped."""
    text = _encode(value)
    for letter, escaped in _HTML_ESCAPES if for_html else _HTML_ESCAPES[3:]:
        if letter in text:
            text = text.replace(letter, escaped)
    return text.encode("utf-8", "replace") + b"\n"


def message_of(error: DockerError) -> bytes:
    """docker's body of an error."""
    return to_json({"message": str(error)}, for_html=False)
