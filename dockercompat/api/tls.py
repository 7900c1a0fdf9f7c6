"""TLS for clients on TCP: a process between the client and the one that serves it, so that a handler has a plain socket.

Only who shows a certificate of the given authority gets any further than the handshake.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import time

from dockercompat.errors import ClientError
from dockercompat.record import Record

_HANDSHAKE_S = 10
_PARTING_S = 3
_LAST_S = 30  # without a sign of a client that has not read all that was said
_PIECE_BYTES = 1 << 16
_HELD_BYTES = 1 << 18  # what waits for a slow reader before no more is read for it


class Files(Record):
    """Paths of PEM files: the authority that signs clients, and the service's own certificate and key."""

    ca_path: str
    cert_path: str
    key_path: str

    def context(self) -> ssl.SSLContext:
        """Raises ClientError for files that can't be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(self.ca_path)
            context.load_cert_chain(self.cert_path, self.key_path)
        except (OSError, ssl.SSLError) as error:
            raise ClientError(f"can't use {self.ca_path}, {self.cert_path} and {self.key_path}: {error}") from None
        return context


def behind(client: socket.socket, files: Files) -> socket.socket:
    """The plain end of a client's connection; the other end is a process of its own, which ends after either."""
    near, far = socket.socketpair()
    if os.fork():
        far.close()
        client.close()
        return near
    try:
        near.close()  # and not ended with the one that serves: what that said last is still on its way
        _Pump(client, far, files.context()).run()
    except (OSError, ssl.SSLError, ClientError):
        pass
    finally:
        os._exit(0)


class _Pump:
    """Both directions in one thread, nothing held beyond a bound; an end of one direction is passed on, the other goes on."""

    def __init__(self, outer: socket.socket, plain: socket.socket, context: ssl.SSLContext) -> None:
        self.outer, self.plain = outer, plain
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._to_client = b""  # enciphered
        self._to_plain = b""
        self._client_ended = self._plain_ended = False

    def run(self) -> None:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        self.outer.settimeout(_HANDSHAKE_S)
        self._shake_hands()
        self.outer.setblocking(False)
        self.plain.setblocking(False)
        self._decipher()  # what came along with the end of the handshake
        while not (self._plain_ended and not self._to_client):
            self._step()
        self.outer.settimeout(_PARTING_S)
        self.outer.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + _PARTING_S
        while (
            self.outer.recv(_PIECE_BYTES) and time.monotonic() < deadline
        ):  # closed with something unread, the end would be lost on its way
            continue

    def _shake_hands(self) -> None:
        deadline = time.monotonic() + _HANDSHAKE_S
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                self.outer.sendall(self._out.read())
                data = self.outer.recv(_PIECE_BYTES)
                if not data or time.monotonic() > deadline:
                    raise OSError("no handshake") from None
                self._in.write(data)
            finally:
                self.outer.sendall(self._out.read())

    def _step(self) -> None:
        wanted = {self.outer.fileno(): 0, self.plain.fileno(): 0}
        if not self._client_ended and len(self._to_plain) < _HELD_BYTES:
            wanted[self.outer.fileno()] |= select.POLLIN
        if self._to_client:
            wanted[self.outer.fileno()] |= select.POLLOUT
        if not self._plain_ended and len(self._to_client) < _HELD_BYTES:
            wanted[self.plain.fileno()] |= select.POLLIN
        if self._to_plain:
            wanted[self.plain.fileno()] |= select.POLLOUT
        poller = select.poll()
        for fd, events in wanted.items():
            if events or fd == self.outer.fileno():
                poller.register(fd, events)
        ready = poller.poll(_LAST_S * 1000 if self._plain_ended else None)
        if not ready:
            raise TimeoutError("the client reads no more")
        for fd, events in ready:
            if fd == self.outer.fileno():
                if events & (select.POLLERR | select.POLLHUP) and not events & select.POLLIN:
                    raise ConnectionResetError
                if events & select.POLLOUT:
                    self._to_client = self._to_client[self.outer.send(self._to_client) :]
                if events & select.POLLIN:
                    self._read_client()
            else:
                if events & select.POLLOUT:
                    self._to_plain = self._to_plain[self.plain.send(self._to_plain) :]
                if events & (select.POLLIN | select.POLLHUP):
                    self._read_plain()
        if self._client_ended and not self._to_plain:
            self._end_plain()

    def _read_client(self) -> None:
        data = self.outer.recv(_PIECE_BYTES)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        self._decipher()

    def _decipher(self) -> None:
        try:
            while piece := self._tls.read(_PIECE_BYTES):
                self._to_plain += piece
            self._client_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLEOFError:  # it went without saying so
            if not self._to_plain:
                raise
            self._client_ended = True
        self._to_client += self._out.read()

    def _end_plain(self) -> None:
        try:
            self.plain.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _read_plain(self) -> None:
        data = self.plain.recv(_PIECE_BYTES)
        if data:
            self._tls.write(data)
        else:
            self._plain_ended = True
            try:
                self._tls.unwrap()
            except ssl.SSLError:  # it only waits for the other's goodbye
                pass
        self._to_client += self._out.read()
