"""A container's output on a client's socket: as it is for a terminal, else in docker's packets, which name the stream.

A packet: the stream's number (1 stdout, 2 stderr), three zero bytes, the length in four bytes (big endian), the output.
"""

from __future__ import annotations

import struct

from dockercompat.api.http import ClientGone
from dockercompat.runtime import attach


def frame(number: int, data: bytes | memoryview) -> bytes:
    """Output in a packet."""
    return struct.pack(">BxxxI", number, len(data)) + data


class SocketStreams(attach.Streams):
    """A client's socket in the place of a door's streams; its stdin_fd is the socket or None.

    tty     there is one output, sent as it is
    wanted  the outputs that the client wants
    """

    tty: bool = False
    wanted: tuple[int, ...] = (1, 2)

    @property
    def takes_input(self) -> bool:
        return self.stdin_fd is not None

    def hung_up(self) -> None:
        """Raises ClientGone."""
        raise ClientGone

    def deliver(self, number: int, data: memoryview) -> None:
        """Raises ClientGone."""
        if number not in self.wanted:
            return
        try:
            attach.write_all(self.socket_fd, data if self.tty else frame(number, data))
        except (OSError, attach.NotWritten):
            raise ClientGone from None
