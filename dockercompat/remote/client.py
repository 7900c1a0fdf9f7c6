"""Requests to another engine over docker's Engine API: version, bodies both ways, message streams, hijacked connections, errors."""

from __future__ import annotations

import http.client
import json
import os
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dockercompat import errors
from dockercompat.errors import DockerError
from dockercompat.record import Record
from dockercompat.remote import transport
from dockercompat.spec.release import API_VERSION

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from email.message import Message
    from typing import Any, BinaryIO

    from dockercompat.spec.filter import Filters

    Value = str | int | bool | Sequence[str] | None
    Body = bytes | BinaryIO | Iterable[bytes]

_PIECE_BYTES = 1 << 16
_KINDS = {
    400: errors.InvalidParameter, 401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 409: errors.Conflict,
    501: errors.NotImplementedHere, 503: errors.Unavailable,
}  # fmt: skip


class Settings(Record):
    """What of the user's settings counts for another engine. config_dir: where config.json is."""

    config_dir: str
    platform: str = ""


class Answer:
    """The head of an answer, and its body as a stream that is read once and closed."""

    def __init__(self, remote: Remote, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._remote = remote
        self._connection = connection
        self._response = response

    def read(self, size: int = -1) -> bytes:
        """At most that many bytes, as soon as there are any; all that is left without a size."""
        try:
            data = self._response.read() if size < 0 else self._response.read1(size)
        except (http.client.HTTPException, OSError) as error:
            raise DockerError(f"unexpected EOF: {error}" if str(error) else "unexpected EOF") from None
        if not data:
            self.close()
        return data

    def close(self) -> None:
        """Give the connection back if its answer has been read, else close it."""
        if self._response.isclosed() and not self._response.will_close:
            self._remote.keep(self._connection)
        else:
            self._connection.close()

    def document(self) -> Any:
        """The body as JSON; None where there is none."""
        text = self.read()
        self.close()
        return json.loads(text) if text.strip() else None

    def messages(self) -> Iterator[dict[str, Any]]:
        """JSON documents, a line each, as they come. Raises DockerError, without a prefix, for one that tells of an error."""
        try:
            while line := self._response.readline():
                if not line.strip():
                    continue
                message = json.loads(line)
                if "errorDetail" in message or "error" in message:
                    detail = message.get("errorDetail") or {}
                    error = StreamFailed(str(detail.get("message") or message.get("error") or ""), int(detail.get("code") or 0))
                    raise error
                yield message
        except (http.client.HTTPException, OSError):
            raise DockerError("unexpected EOF") from None
        finally:
            self.close()

    def pieces(self) -> Iterator[bytes]:
        while data := self.read(_PIECE_BYTES):
            yield data


class StreamFailed(DockerError):
    """An error that came as a message of a stream. code: the status that it carries (of a command in a build), or 0."""

    prefixed = False

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Remote:
    """Another engine, as one command sees it; what the verbs in this package are given instead of an Engine.

    version  of the API to speak, "" to agree on one with the engine
    """

    def __init__(self, address: transport.Address, settings: Settings, version: str = "") -> None:
        self.address = address
        self.settings = settings
        self.version = version
        self._idle: http.client.HTTPConnection | None = None
        self._owner = os.getpid()

    # -- requests ------------------------------------------------------------------------------------------------------

    def get(self, path: str, **query: Value) -> Any:
        """The document at a path. Raises the error of the answer's status, with the engine's message."""
        return self.request("GET", path, query).document()

    def post(self, path: str, body: Any = None, **query: Value) -> Any:
        return self.request("POST", path, query, _json(body), JSON_BODY if body is not None else {}).document()

    def delete(self, path: str, **query: Value) -> Any:
        return self.request("DELETE", path, query).document()

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Value] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; its answer, whose body is still to be read.

        body    bytes, or a file or pieces, which are sent in chunks as they come
        Raises  NotConnected; the class of the status, with the engine's message, from 400 on
        """
        target = f"/v{self._agreed()}{path}{_query(query)}"
        if body is not None and not isinstance(body, bytes):
            body = _chunks(body)
        answer = self._exchange(method, target, body, dict(headers or {}))
        if answer.status >= 400:
            raise _error(answer, method)
        return answer

    def messages(self, path: str, query: Mapping[str, Value], body: Body | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The messages of a POST."""
        return self.request("POST", path, query, body, headers).messages()

    def hijack(self, path: str, query: Mapping[str, Value], body: Any = None) -> tuple[socket.socket, bool]:
        """POST and take the connection over: its socket, and whether output comes in frames. Raises the error of the status."""
        connection = http.client.HTTPConnection("docker")
        sock = transport.connect(self.address)
        connection.sock = _Unbuffered(sock)
        headers = {"Connection": "Upgrade", "Upgrade": "tcp", **(JSON_BODY if body is not None else {})}
        try:
            connection.request("POST", f"/v{self._agreed()}{path}{_query(query)}", _json(body), headers)
            response = connection.getresponse()
        except (http.client.HTTPException, OSError):
            raise transport.broken(self.address) from None
        if response.status >= 400:
            raise _error(Answer(self, connection, response), "POST")
        kind = response.getheader("Content-Type") or ""
        return sock, kind != "application/vnd.docker.raw-stream"

    def ping(self) -> Message:
        """The headers that tell what the engine is."""
        answer = self._exchange("HEAD", "/_ping", None, {})
        answer.read()
        answer.close()
        return answer.headers

    # -- connections ---------------------------------------------------------------------------------------------------

    def keep(self, connection: http.client.HTTPConnection) -> None:
        """A connection that may be used again."""
        if self._idle is None:
            self._idle = connection
        elif self._idle is not connection:
            connection.close()

    def _agreed(self) -> str:
        if not self.version:
            theirs = self.ping().get("Api-Version") or API_VERSION
            self.version = min(theirs, API_VERSION, key=lambda text: [int(part) for part in text.split(".")])
        return self.version

    def _exchange(self, method: str, target: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]) -> Answer:
        headers.setdefault("User-Agent", "Docker-Client/pydocker")
        if body is None and method == "POST":
            body = b""
        connection = self._taken()
        again = connection is not None
        while True:
            if connection is None:
                connection = http.client.HTTPConnection("docker")
                connection.sock = transport.connect(self.address)
            try:
                try:
                    connection.request(method, target, body, headers, encode_chunked=True)
                except (BrokenPipeError, ConnectionResetError):
                    if not _answered(connection):
                        raise
                return Answer(self, connection, connection.getresponse())
            except (http.client.HTTPException, OSError):
                connection.close()
                if not again or not isinstance(body, bytes | None):
                    raise transport.broken(self.address) from None
                connection, again = None, False  # it had been closed while nobody used it

    def _taken(self) -> http.client.HTTPConnection | None:
        connection, self._idle = self._idle, None
        if self._owner != os.getpid():  # of the process that this one was forked from
            self._owner = os.getpid()
            return None
        return connection


JSON_BODY = {"Content-Type": "application/json"}


class _Unbuffered:
    """A socket whose file reads no byte ahead: what follows the head belongs to whoever takes the connection over."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str, *_: object) -> Any:
        return self._sock.makefile("rb", buffering=0)

    def sendall(self, data: bytes) -> None:
        self._sock.sendall(data)

    def close(self) -> None:
        """The socket stays open; it is the caller's."""


def _answered(connection: http.client.HTTPConnection) -> bool:
    """Whether an engine that takes no more of a body has answered before it closed."""
    import select

    poller = select.poll()
    poller.register(connection.sock, select.POLLIN)
    return bool(poller.poll(1000))


def _json(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _chunks(body: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    read = getattr(body, "read", None)
    if read is None:
        yield from body
        return
    while data := read(_PIECE_BYTES):
        yield bytes(data)


def _query(query: Mapping[str, Value] | None) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is None or value is False or value == "":
            continue
        if isinstance(value, (str, int)):
            pairs.append((name, "1" if value is True else str(value)))
        else:
            pairs += [(name, each) for each in value]
    return f"?{urlencode(pairs, errors='surrogateescape')}" if pairs else ""


def _error(answer: Answer, method: str) -> DockerError:
    text = b"" if method == "HEAD" else answer.read()
    answer.close()
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        message = text.decode("utf-8", "replace").strip() or f"request returned {answer.status}"
    return _KINDS.get(answer.status, DockerError)(str(message).strip())


def segment(name: str) -> str:
    """A name as it stands in a path."""
    return quote(name, safe="/:@!$&'()*+,;=~", errors="surrogateescape")


def filters_text(filters: Filters | None) -> str:
    """The parameter `filters`, "" for none."""
    if not filters:
        return ""
    return json.dumps({name: dict.fromkeys(values, True) for name, values in filters.values.items()}, separators=(",", ":"))


def platform_text(platform: str) -> str:
    """os/arch[/variant] as the parameter that is image-spec's platform in JSON, "" for none."""
    if not platform:
        return ""
    from dockercompat.spec.platform import parse

    found = parse(platform)
    named = {"architecture": found.architecture, "os": found.os, "variant": found.variant}
    return json.dumps({name: value for name, value in named.items() if value}, separators=(",", ":"))


def registry_auth(remote: Remote, domain: str) -> dict[str, str]:
    """The header with the user's credentials for a registry."""
    import base64

    from dockercompat.distribution.credentials import CredentialStore, key_of

    key = key_of(domain)
    found = CredentialStore(remote.settings.config_dir).get(key)
    given = {
        "username": found.username,
        "password": found.password,
        "identitytoken": found.identity_token,
        "registrytoken": found.registry_token,
        "serveraddress": key if not found.empty else "",
    }
    text = json.dumps({name: value for name, value in given.items() if value}).encode()
    return {"X-Registry-Auth": base64.urlsafe_b64encode(text).decode()}
