"""TLS to another engine by docker's certificates; behind one end of a pair of sockets, so that its user sees a plain stream."""

from __future__ import annotations

import socket
import ssl
import threading

from dockercompat.errors import ClientError
from dockercompat.remote.transport import Address, Failed, Way

_PIECE_BYTES = 1 << 16
_UNKNOWN_AUTHORITY = (18, 19, 20, 21)  # OpenSSL's codes for a chain that ends with nobody one knows
_EXPIRED = (9, 10)
_OTHER_NAME = (62, 64)
# Go's names of alerts that the other end sends, by OpenSSL's.
_ALERTS = {
    "CERTIFICATE_REQUIRED": "certificate required",
    "BAD_CERTIFICATE": "bad certificate",
    "UNKNOWN_CA": "unknown certificate authority",
    "CERTIFICATE_EXPIRED": "expired certificate",
    "CERTIFICATE_REVOKED": "revoked certificate",
    "CERTIFICATE_UNKNOWN": "unknown certificate",
    "UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "HANDSHAKE_FAILURE": "handshake failure",
    "PROTOCOL_VERSION": "protocol version not supported",
    "UNRECOGNIZED_NAME": "unrecognized name",
    "INTERNAL_ERROR": "internal error",
}


def context(address: Address) -> ssl.SSLContext:
    """Raises ClientError, in the words of docker's client, for files that can't be used."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = address.verify
    made.verify_mode = ssl.CERT_REQUIRED if address.verify else ssl.CERT_NONE
    if address.ca:
        try:
            made.load_verify_locations(address.ca)
        except (OSError, ssl.SSLError):
            raise _unusable("failed to retrieve context tls info: ca.pem seems invalid") from None
    else:
        made.load_default_certs()
    if address.cert and address.key:
        try:
            made.load_cert_chain(address.cert, address.key)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(_what_is_wrong(address, error)) from None
    return made


def _unusable(reason: str) -> ClientError:
    return ClientError(f"Failed to initialize: {reason}")


def _what_is_wrong(address: Address, error: OSError) -> str:
    texts = []
    for path in (address.key, address.cert):
        with open(path, encoding="ascii", errors="replace") as file:
            texts.append(file.read())
    if "PRIVATE KEY-----" not in texts[0]:
        return "no valid private key found"
    if "-----BEGIN CERTIFICATE-----" not in texts[1]:
        return "failed to retrieve context tls info: tls: failed to find any PEM data in certificate input"
    if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
        return "failed to retrieve context tls info: tls: private key does not match public key"
    return f"failed to retrieve context tls info: {error}"


def wrap(sock: socket.socket, made: ssl.SSLContext, address: Address) -> Way:
    """Shake hands; the plain end of the connection. Raises Failed in the words of Go's crypto/tls."""
    host, _ = address.port
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    layer = made.wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            layer.do_handshake()
        except ssl.SSLWantReadError:
            try:
                sock.sendall(outgoing.read())
                data = sock.recv(_PIECE_BYTES)
            except OSError as error:
                raise Failed(str(error.strerror or error).lower()) from None
            if not data:
                raise Failed("EOF") from None
            incoming.write(data)
            continue
        except ssl.SSLError as error:
            raise Failed(reason_of(error, host)) from None
        break
    sock.sendall(outgoing.read())
    ours, theirs = socket.socketpair()
    pump = _Pump(sock, layer, incoming, outgoing, theirs)
    return Way(ours, lambda: reason_of(pump.error, host) if pump.error is not None else "")


def reason_of(error: ssl.SSLError, host: str) -> str:
    """Why TLS ended, in Go's words where they are known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN_AUTHORITY:
            text = "certificate signed by unknown authority"
        elif error.verify_code in _EXPIRED:
            text = "certificate has expired or is not yet valid"
        elif error.verify_code in _OTHER_NAME:
            text = f"certificate is valid for other names, not {host}"
        else:
            text = error.verify_message
        return f"tls: failed to verify certificate: x509: {text}"
    name = error.reason or ""
    if name in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "http: server gave HTTP response to HTTPS client"
    _, is_alert, alert = name.partition("_ALERT_")
    if is_alert:
        return f"remote error: tls: {_ALERTS.get(alert, alert.replace('_', ' ').lower())}"
    return f"tls: {name.replace('_', ' ').lower() or error}"


class _Pump:
    """Carries bytes between a plain socket and a TLS connection, in two threads; the end of one direction leaves the other open.

    error  why TLS ended, None while it has not, or as it should
    """

    def __init__(
        self, sock: socket.socket, layer: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, plain: socket.socket
    ) -> None:
        self.error: ssl.SSLError | None = None
        self._sock = sock
        self._layer = layer
        self._incoming = incoming
        self._outgoing = outgoing
        self._plain = plain
        self._mutex = threading.Lock()
        for work in (self._send, self._receive):
            threading.Thread(target=work, daemon=True).start()

    def _send(self) -> None:
        try:
            while data := self._plain.recv(_PIECE_BYTES):
                with self._mutex:
                    self._layer.write(data)
                    sealed = self._outgoing.read()
                self._sock.sendall(sealed)  # while this waits, what comes is still read
            with self._mutex:
                try:
                    self._layer.unwrap()  # says that nothing more comes; what comes from the other end is still read
                except ssl.SSLError:
                    pass
                sealed = self._outgoing.read()
            self._sock.sendall(sealed)
        except OSError:
            return

    def _receive(self) -> None:
        try:
            while True:
                with self._mutex:
                    try:
                        data = self._layer.read(_PIECE_BYTES)
                    except ssl.SSLWantReadError:
                        data = None
                    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                        data = b""
                    except ssl.SSLError as error:
                        self.error = error
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
