"""A socket to another engine: its own unix socket, TCP, TLS by docker's certificates, or the ssh program with `docker system dial-stdio`.

TLS and ssh are behind one end of a pair of sockets, so that whoever uses the connection sees a plain stream with half-close.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from dockercompat.errors import ClientError
from dockercompat.record import Record

if TYPE_CHECKING:
    import ssl

_SSH_TIMEOUT_S = 30
_PIECE_BYTES = 1 << 16


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
            return "http://docker.example.com"
        return f"{'https' if self.tls else 'http'}://{self.host.partition('://')[2].rstrip('/')}"


class NotConnected(ClientError):
    """There is nobody at an address, or no way to it."""


def connect(address: Address) -> socket.socket:
    """A connection to an engine. Raises NotConnected in the words of docker's client."""
    if address.scheme == "unix":
        return _unix(address)
    if address.scheme == "ssh":
        return _ssh(address)
    if address.scheme not in ("tcp", "http", "https"):
        raise NotConnected(f"unable to connect to {address.host}: protocol {address.scheme} is not available")
    sock = _tcp(address)
    return _encrypted(sock, address) if address.tls else sock


def absent(address: Address) -> NotConnected:
    """docker's sentence for an engine that is not there."""
    return NotConnected(f"Cannot connect to the Docker daemon at {address.host}. Is the docker daemon running?")


def _unix(address: Address) -> socket.socket:
    path = address.host.removeprefix("unix://")
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(path)
    except PermissionError:
        sock.close()
        raise NotConnected(
            f"permission denied while trying to connect to the Docker daemon socket at {address.host}: "
            f'Get "{address.base}/_ping": dial unix {path}: connect: permission denied'
        ) from None
    except OSError:
        sock.close()
        raise absent(address) from None
    return sock


def _tcp(address: Address) -> socket.socket:
    from dockercompat.spec.endpoint import parse_tcp

    rest = address.host.partition("://")[2]
    host, port, _ = parse_tcp(rest, "localhost", "2376" if address.tls else "2375")
    try:
        return socket.create_connection((host, int(port)))
    except socket.gaierror:
        raise NotConnected(f'error during connect: Get "{address.base}/_ping": dial tcp: lookup {host}: no such host') from None
    except ConnectionRefusedError:
        raise absent(address) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotConnected(f'error during connect: Get "{address.base}/_ping": dial tcp {host}:{port}: connect: {reason}') from None


def _encrypted(sock: socket.socket, address: Address) -> socket.socket:
    import ssl

    from dockercompat.spec.endpoint import parse_tcp

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = address.verify
    context.verify_mode = ssl.CERT_REQUIRED if address.verify else ssl.CERT_NONE
    try:
        if address.ca:
            context.load_verify_locations(address.ca)
        else:
            context.load_default_certs()
        if address.cert and address.key:
            context.load_cert_chain(address.cert, address.key)
    except (OSError, ssl.SSLError) as error:
        raise NotConnected(f"unable to resolve docker endpoint: {address.cert or address.ca}: {error}") from None
    host = parse_tcp(address.host.partition("://")[2], "localhost", "2376")[0]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    layer = context.wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            layer.do_handshake()
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
            data = sock.recv(_PIECE_BYTES)
            if not data:
                raise NotConnected(f'error during connect: Get "{address.base}/_ping": EOF') from None
            incoming.write(data)
            continue
        except ssl.SSLCertVerificationError as error:
            reason = f"tls: failed to verify certificate: x509: {error.verify_message}"
            raise NotConnected(f'error during connect: Get "{address.base}/_ping": {reason}') from None
        except (OSError, ssl.SSLError) as error:
            raise NotConnected(f'error during connect: Get "{address.base}/_ping": tls: {error}') from None
        break
    sock.sendall(outgoing.read())
    ours, theirs = socket.socketpair()
    _Pump(sock, layer, incoming, outgoing, theirs)
    return ours


class _Pump:
    """Carries bytes between a plain socket and a TLS connection, in two threads; the end of one direction leaves the other open."""

    def __init__(
        self, sock: socket.socket, layer: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, plain: socket.socket
    ) -> None:
        import threading

        self._sock = sock
        self._layer = layer
        self._incoming = incoming
        self._outgoing = outgoing
        self._plain = plain
        self._mutex = threading.Lock()
        for work in (self._send, self._receive):
            threading.Thread(target=work, daemon=True).start()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._sock.sendall(data)

    def _send(self) -> None:
        import ssl

        try:
            while data := self._plain.recv(_PIECE_BYTES):
                with self._mutex:
                    self._layer.write(data)
                    self._flush()
            with self._mutex:
                try:
                    self._layer.unwrap()  # says that nothing more comes; what comes from the other end is still read
                except ssl.SSLError:
                    pass
                self._flush()
        except OSError:
            return

    def _receive(self) -> None:
        import ssl

        try:
            while True:
                with self._mutex:
                    try:
                        data = self._layer.read(_PIECE_BYTES)
                    except ssl.SSLWantReadError:
                        data = None
                    except ssl.SSLError:
                        data = b""
                if data is None:
                    came = self._sock.recv(_PIECE_BYTES)
                    with self._mutex:
                        self._incoming.write(came) if came else self._incoming.write_eof()
                elif data:
                    self._plain.sendall(data)
                else:
                    break
        except OSError:
            pass
        try:
            self._plain.shutdown(socket.SHUT_WR)
        except OSError:
            return


def ssh_words(host: str) -> list[str]:
    """The command line of ssh for an address, as docker's client makes it."""
    from urllib.parse import unquote, urlsplit

    url = urlsplit(host)
    words = ["ssh", "-o", f"ConnectTimeout={_SSH_TIMEOUT_S}", "-T"]
    if url.username:
        words += ["-l", unquote(url.username)]
    if url.port:
        words += ["-p", str(url.port)]
    name = url.netloc.rpartition("@")[2]
    if url.port:
        name = name.rpartition(":")[0]
    words += ["--", name.strip("[]"), "docker"]
    if url.path.strip("/"):
        words += ["--host", f"unix://{url.path}"]
    return [*words, "system", "dial-stdio"]


def _ssh(address: Address) -> socket.socket:
    from dockercompat.host import run

    words = ssh_words(address.host)
    ours, theirs = socket.socketpair()
    try:
        run.spawn(words, stdin_fd=theirs.fileno(), stdout_fd=theirs.fileno(), stderr_fd=2, env=os.environ, new_session=False)
    finally:
        theirs.close()
    return ours


def broken(address: Address) -> NotConnected:
    """What to say when a connection ended before its answer came."""
    if address.scheme == "ssh":
        return NotConnected(
            f'error during connect: Get "{address.base}/_ping": command [{" ".join(ssh_words(address.host))}] has exited, '
            "make sure the URL is valid, and Docker 18.09 or later is installed on the remote host"
        )
    return absent(address)
