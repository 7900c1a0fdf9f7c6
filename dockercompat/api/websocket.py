"""A container's streams in WebSocket messages (RFC 6455): output as it comes, standard input in messages of any kind.

A client that closes has ended its standard input; output goes on until the container ends or the socket does, as with docker.
"""

from __future__ import annotations

import codecs
import os
import socket
from typing import TYPE_CHECKING

from wsproto import ConnectionType
from wsproto.events import AcceptConnection
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed
from wsproto.handshake import H11Handshake
from wsproto.utilities import RemoteProtocolError

from dockercompat.api.frames import SocketStreams
from dockercompat.api.http import ClientGone
from dockercompat.runtime import attach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsproto.events import Request

_READ_BYTES = 65536
_NO_ONES = FrameProtocol(client=False, extensions=[])


def accept(path: str, headers: Sequence[tuple[str, str]]) -> bytes | None:
    """The head of the answer to a request for a WebSocket, None for one that is none."""
    handshake = H11Handshake(ConnectionType.SERVER)
    try:
        handshake.initiate_upgrade_connection([(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], path)
    except RemoteProtocolError:
        return None
    wanted: Sequence[str] = ()
    for event in handshake.events():
        wanted = _protocols(event)  # type: ignore[arg-type]
    return handshake.send(AcceptConnection(subprotocol=wanted[0] if len(wanted) == 1 else None))


def _protocols(request: Request) -> Sequence[str]:
    return request.subprotocols


class WebSocketStreams(SocketStreams):
    """A client's WebSocket in the place of a door's streams.

    protocol  what has been received and not yet read
    decoder   of output, for a client that is sent text; None for one that is sent bytes
    stdin     whether what the client sends is anybody's
    """

    protocol: FrameProtocol = _NO_ONES
    decoder: codecs.IncrementalDecoder | None = None
    stdin: bool = False

    @property
    def takes_input(self) -> bool:
        return self.stdin

    def receive(self) -> bytes | None:
        """What came on standard input, None for nothing yet, b"" at its end. Raises ClientGone."""
        try:
            data = os.read(self.socket_fd, _READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            raise ClientGone from None
        return self.unpack(data) if data else b""

    def unpack(self, data: bytes) -> bytes | None:
        """As `receive`, of bytes that were read already."""
        self.protocol.receive_bytes(data)
        typed = bytearray()
        try:
            for each in self.protocol.received_frames():
                payload = each.payload
                if each.opcode is Opcode.PING and isinstance(payload, (bytes, bytearray)):
                    self._send(self.protocol.pong(payload))
                elif each.opcode is Opcode.CLOSE:
                    self._stop_reading()
                elif isinstance(payload, str):
                    typed += payload.encode()
                elif isinstance(payload, (bytes, bytearray)) and not each.opcode.iscontrol():
                    typed += payload
        except ParseFailed as error:
            self._send(self.protocol.close(error.code))
            raise ClientGone from None
        return bytes(typed) if typed and self.stdin else None

    def deliver(self, number: int, data: memoryview) -> None:
        """Raises ClientGone."""
        if number in self.wanted:
            payload = bytes(data)
            self._send(self.protocol.send_data(payload if self.decoder is None else self.decoder.decode(payload)))

    def close(self) -> None:
        """Say that the stream has ended."""
        try:
            self._send(self.protocol.close(CloseReason.NORMAL_CLOSURE))
        except ClientGone:
            pass

    def _stop_reading(self) -> None:
        """Nothing follows what has come: from now on the socket reads as ended."""
        with socket.socket(fileno=os.dup(self.socket_fd)) as copy:
            try:
                copy.shutdown(socket.SHUT_RD)
            except OSError:
                raise ClientGone from None

    def _send(self, data: bytes | bytearray) -> None:
        try:
            attach.write_all(self.socket_fd, bytes(data))
        except (OSError, attach.NotWritten):
            raise ClientGone from None


def streams(socket_fd: int, *, wanted: tuple[int, ...], stdin: bool, text: bool) -> WebSocketStreams:
    """The streams of a socket whose handshake is done. text: output is sent as text, as older clients want it."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace") if text else None
    return WebSocketStreams(
        stdin_fd=socket_fd,
        socket_fd=socket_fd,
        wanted=wanted,
        stdin=stdin,
        protocol=FrameProtocol(client=False, extensions=[]),
        decoder=decoder,
    )
