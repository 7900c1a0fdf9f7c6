"""Requests to another engine over docker's Engine API: version, bodies both ways, message streams, hijacked connections, errors."""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dockercompat import json
from dockercompat.record import Record
from dockercompat.remote import transport
from dockercompat.remote.answer import Answer, error_of
from dockercompat.spec.release import API_VERSION

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, BinaryIO

    from dockercompat.spec.filter import Filters

    Value = str | int | bool | Sequence[str] | None
    Body = bytes | BinaryIO | Iterable[bytes]

_PIECE_BYTES = 1 << 16
_LAST_WORDS_S = 1  # between the end of what an engine takes and its answer
_BEFORE_VERSIONS = "1.24"  # what docker's client takes an engine for that does not name its version


class Settings(Record):
    """What of the user's settings counts for another engine. config_dir: where config.json is."""

    config_dir: str
    platform: str = ""


class Remote:
    """Another engine, as one command sees it; what the verbs in this package are given instead of an Engine.

    version  of the API to speak, "" to agree on one with the engine
    """

    def __init__(self, address: transport.Address, settings: Settings, version: str = "") -> None:
        self.address = address
        self.settings = settings
        self.version = version
        self._idle: _Connection | None = None
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
        target = self._versioned(method, f"{path}{_query(query)}")
        if body is not None and not isinstance(body, bytes):
            body = _chunks(body)
        answer = self._exchange(method, target, body, dict(headers or {}))
        if answer.status >= 400:
            raise error_of(answer, method, f"{self.address.base}{target}")
        return answer

    def messages(self, path: str, query: Mapping[str, Value], body: Body | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The messages of a POST."""
        return self.request("POST", path, query, body, headers).messages()

    def hijack(self, path: str, query: Mapping[str, Value], body: Any = None) -> socket.socket:
        """POST and take the connection over: its socket. Output comes in frames but for a terminal's. Raises the error of the status."""
        target = self._versioned("POST", f"{path}{_query(query)}")
        request = self._shown("POST", target)
        way = transport.connect(self.address, request)
        connection = http.client.HTTPConnection("docker")
        connection.sock = _Unbuffered(way.sock)
        headers = {"Connection": "Upgrade", "Upgrade": "tcp", **(JSON_BODY if body is not None else {})}
        try:
            connection.request("POST", target, _json(body), headers)
            response = connection.getresponse()
        except (http.client.HTTPException, OSError) as error:
            raise transport.broken(self.address, request, way.reason() or _go_reason(error)) from None
        if response.status >= 400:
            raise error_of(Answer(response, lambda _: way.sock.close()), "POST", f"{self.address.base}{target}")
        return way.sock

    def negotiate(self) -> None:
        """Agree on a version before anything is asked for, as docker's client does where what it asks depends on that."""
        if not self.version:
            self.version = self._agreed(self._shown("HEAD", "/_ping"))

    def speaks(self, version: str) -> bool:
        """Whether the version that was agreed on is that one or a newer one."""
        return _parts(self.version) >= _parts(version)

    # -- connections ---------------------------------------------------------------------------------------------------

    def _shown(self, method: str, target: str) -> str:
        """A request as messages name it: Get "http://HOST/v1.50/info"."""
        return f'{method.capitalize()} "{self.address.base}{target}"'

    def _versioned(self, method: str, target: str) -> str:
        if not self.version:
            self.version = self._agreed(self._shown(method, f"/v{API_VERSION}{target}"))
        return f"/v{self.version}{target}"

    def _agreed(self, request: str) -> str:
        """The newest version that both speak. request: what is to come, for the message when nobody answers."""
        answer = self._exchange("HEAD", "/_ping", None, {}, request)
        answer.read()
        theirs = answer.headers.get("Api-Version") or (API_VERSION if answer.status >= 400 else _BEFORE_VERSIONS)
        return min(theirs, API_VERSION, key=_parts)

    def _exchange(
        self, method: str, target: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str], request: str = ""
    ) -> Answer:
        headers.setdefault("User-Agent", "Docker-Client/pydocker")
        if body is None and method == "POST":
            body = b""
        request = request or self._shown(method, target)
        used = self._taken()
        while True:
            connection = used or _Connection(transport.connect(self.address, request))
            try:
                try:
                    connection.request(method, target, body, headers, encode_chunked=True)
                except (BrokenPipeError, ConnectionResetError):
                    if not _is_readable(connection, _LAST_WORDS_S):  # an engine that takes no more of a body says why
                        raise
                return Answer(connection.getresponse(), self._giving_back(connection))
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                if not used or method not in ("GET", "HEAD"):
                    raise transport.broken(self.address, request, connection.way.reason() or _go_reason(error)) from None
                used = None  # it was closed just then, and asking twice changes nothing

    def _giving_back(self, connection: _Connection) -> Callable[[bool], None]:
        """What an answer calls at its end: whether its connection may be used again."""

        def done(again: bool) -> None:
            if again and self._idle is None:
                self._idle = connection
            elif self._idle is not connection:
                connection.close()

        return done

    def _taken(self) -> _Connection | None:
        connection, self._idle = self._idle, None
        if self._owner != os.getpid():  # of the process that this one was forked from
            self._owner = os.getpid()
            return None
        if connection is not None and _is_readable(connection, 0):  # its end, as nothing was asked for
            connection.close()
            return None
        return connection


JSON_BODY = {"Content-Type": "application/json"}


class _Connection(http.client.HTTPConnection):
    """A connection to an engine, and the way there."""

    def __init__(self, way: transport.Way) -> None:
        super().__init__("docker")
        self.way = way
        self.sock = way.sock


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


def _is_readable(connection: http.client.HTTPConnection, timeout_s: float) -> bool:
    import select

    poller = select.poll()
    poller.register(connection.sock, select.POLLIN)
    return bool(poller.poll(timeout_s * 1000))


def _parts(version: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]


def _go_reason(error: Exception) -> str:
    """What Go's client says of an answer that did not come."""
    if isinstance(error, http.client.BadStatusLine) and not isinstance(error, http.client.RemoteDisconnected):
        line = str(error).strip().strip("'\"")
        return f'net/http: HTTP/1.x transport connection broken: malformed HTTP response "{line}"'
    return "EOF"


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
    return f"?{urlencode(sorted(pairs, key=lambda pair: pair[0]), errors='surrogateescape')}" if pairs else ""


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
