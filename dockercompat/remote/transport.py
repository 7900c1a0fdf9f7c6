"""A connection to another engine: its unix socket, TCP, TLS by docker's certificates, or the ssh program."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from dockercompat.errors import NotConnected
from dockercompat.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable


class Address(Record):
    """Where an engine is.

    host        as docker writes it: unix:///PATH, tcp://HOST:PORT, ssh://[USER@]HOST[:PORT][/PATH]
    tls         speak TLS
    verify      check the engine's certificate
    ca, cert, key  paths of PEM files, "" for none
    """

    host: str
    tls: bool = False
    verify: bool = True
    ca: str = ""
    cert: str = ""
    key: str = ""

    @property
    def scheme(self) -> str:
        return self.host.partition("://")[0]

    @property
    def base(self) -> str:
        """What stands before the path in messages of docker's client."""
        if self.scheme == "unix":
            from urllib.parse import quote

            return f"http://{quote(self.host.removeprefix('unix://'), safe='')}"
        if self.scheme == "ssh":
            return _NAMELESS
        return f"{'https' if self.tls else 'http'}://{self.host.partition('://')[2].rstrip('/')}"

    @property
    def port(self) -> tuple[str, int]:
        """Host and port of an address that is no socket."""
        from dockercompat.spec.endpoint import parse_tcp

        host, port, _ = parse_tcp(self.host.partition("://")[2], "localhost", "2376" if self.tls else "2375")
        return host, int(port)


_NAMELESS = "http://docker.example.com"  # what docker calls an engine behind a program


class Failed(Exception):
    """Why there is no connection, in the words of Go's libraries."""


class Way:
    """A connection: a stream socket, and what is known of why it ended.

    reason  gives that, "" when nothing is; called once the socket has ended
    """

    def __init__(self, sock: socket.socket, reason: Callable[[], str] = str) -> None:
        self.sock = sock
        self.reason = reason


def connect(address: Address, request: str) -> Way:
    """A connection to an engine.

    request  what it is for, as in messages: 'Get "http://HOST/v1.50/info"'
    Raises   NotConnected in the words of docker's client
    """
    try:
        return dial(address)
    except PermissionError:
        path = address.host.removeprefix("unix://")
        raise NotConnected(
            f"permission denied while trying to connect to the Docker daemon socket at {address.host}: "
            f"{request}: dial unix {path}: connect: permission denied"
        ) from None
    except Failed as error:
        raise broken(address, request, str(error)) from None


def broken(address: Address, request: str, reason: str) -> NotConnected:
    """What docker's client makes of a connection that did not come about, or ended before its answer came."""
    if "connection refused" in reason or "dial unix" in reason:
        shown = _NAMELESS if address.scheme == "ssh" else address.host
        return NotConnected(f"Cannot connect to the Docker daemon at {shown}. Is the docker daemon running?")
    return NotConnected(f"error during connect: {request}: {reason or 'EOF'}")


def dial(address: Address) -> Way:
    """Raises Failed; PermissionError for a unix socket; ClientError for files of TLS that can't be used."""
    if address.scheme == "unix":
        return Way(_unix(address.host.removeprefix("unix://")))
    if address.scheme == "ssh":
        from dockercompat.remote import ssh

        return ssh.connect(address.host)
    if address.scheme not in ("tcp", "http", "https"):
        raise Failed(f"protocol {address.scheme} is not available")
    if not address.tls:
        return Way(_tcp(address))
    from dockercompat.remote import tls

    context = tls.context(address)
    return tls.wrap(_tcp(address), context, address)


def _unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(path)
    except PermissionError:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        raise Failed(f"dial unix {path}: connect: {(error.strerror or str(error)).lower()}") from None
    return sock


def _tcp(address: Address) -> socket.socket:
    host, port = address.port
    try:
        return socket.create_connection((host, port))
    except socket.gaierror:
        raise Failed(f"dial tcp: lookup {host}{_nameserver()}: no such host") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failed(f"dial tcp {f'[{host}]' if ':' in host else host}:{port}: connect: {reason}") from None


def _nameserver() -> str:
    """ " on ADDRESS:53" of the first name server, as Go says it; "" where there is none."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        return ""
    found = next((each[1] for each in words if len(each) > 1 and each[0] == "nameserver"), "")
    return f" on {found}:53" if found else ""
