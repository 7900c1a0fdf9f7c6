"""The attach socket of a monitor: the container's streams joined with descriptors of ours.

A packet to us begins with a byte that names the stream; a packet from us is standard input. conmon serves any number of clients.
"""

from __future__ import annotations

import os
import select
import socket

from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_STDOUT = 2
_PACKET_BYTES = 8192
_READ_BYTES = 65536
DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q"


class Streams(Record):
    """Descriptors to join: None leaves a stream out."""

    stdin_fd: int | None = None
    stdout_fd: int | None = None
    stderr_fd: int | None = None


def connect(bundle_dir: str) -> socket.socket:
    """A connection to the monitor of a container. Raises OSError when it is gone."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory_fd = os.open(bundle_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{directory_fd}/attach")  # a socket's path has 107 bytes at most
    except OSError:
        connection.close()
        raise
    finally:
        os.close(directory_fd)
    return connection


def parse_detach_keys(text: str) -> bytes:
    """The bytes of a key sequence: letters and `ctrl-` forms, comma separated. Raises ClientError in docker's words."""
    result = bytearray()
    for key in text.split(","):
        if len(key) == 1:
            result += key.encode()
        elif key.startswith("ctrl-") and len(key) == 6 and key[5] in "abcdefghijklmnopqrstuvwxyz@[\\]^_":
            result.append(ord(key[5].upper()) - 64)
        else:
            raise ClientError(f"invalid detach keys ({text}): Unknown character: '{key}'")
    return bytes(result)


class DetachKeys:
    """Finds the detach sequence in what is typed; holds back its beginning until it is clear that it is none."""

    def __init__(self, sequence: bytes) -> None:
        self.sequence = sequence
        self._held = 0

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """What to pass on, and whether the sequence is complete."""
        out = bytearray()
        for byte in data:
            if self.sequence and byte == self.sequence[self._held]:
                self._held += 1
                if self._held == len(self.sequence):
                    return bytes(out), True
                continue
            if self._held:
                out += self.sequence[: self._held]
                self._held = 0
            out.append(byte)
        return bytes(out), False


def relay(
    connection: socket.socket,
    streams: Streams,
    *,
    container_pid: int,
    ended: Callable[[], bool],
    detach: DetachKeys | None = None,
    close_on_stdin_end: bool = False,
) -> bool:
    """Carry bytes both ways until the container has ended; False when the detach keys were typed.

    ended               tells whether the monitor has recorded the end; asked after the process is gone
    close_on_stdin_end  half-close the connection when our stdin ends
    Errors of writing to our own streams (a closed pipe) raise OSError; the container goes on.
    """
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    stdin_fd = streams.stdin_fd
    if stdin_fd is not None:
        poller.register(stdin_fd, select.POLLIN)
    try:
        pid_fd = os.pidfd_open(container_pid)
        poller.register(pid_fd, select.POLLIN)
    except OSError:
        pid_fd = -1
    gone = pid_fd < 0
    try:
        while True:
            if gone and ended():
                _drain(connection, streams)
                return True
            for fd, _ in poller.poll(2 if gone else None):
                if fd == pid_fd:
                    gone = True
                    poller.unregister(pid_fd)
                elif fd == stdin_fd and stdin_fd is not None:
                    data = os.read(stdin_fd, _PACKET_BYTES)
                    detached = False
                    if detach is not None and data:
                        data, detached = detach.feed(data)
                        if not data and not detached:
                            continue
                    if not data or not _send(connection, data):
                        poller.unregister(stdin_fd)
                        stdin_fd = None
                        if close_on_stdin_end and not data and not detached:
                            _half_close(connection)
                    if detached:
                        return False
                else:
                    packet = connection.recv(_READ_BYTES)
                    if not packet:
                        poller.unregister(connection)
                        if not gone:
                            _wait_until_gone(pid_fd)
                            gone = True
                    else:
                        _deliver(packet, streams)
    finally:
        if pid_fd >= 0:
            os.close(pid_fd)


def _send(connection: socket.socket, data: bytes) -> bool:
    """Pass typed bytes on; blocks while the container does not read. False when the monitor is gone."""
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True


def _half_close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _wait_until_gone(pid_fd: int) -> None:
    if pid_fd >= 0:
        select.select([pid_fd], [], [])


def _drain(connection: socket.socket, streams: Streams) -> None:
    connection.setblocking(False)
    while True:
        try:
            packet = connection.recv(_READ_BYTES)
        except OSError:
            return
        if not packet:
            return
        _deliver(packet, streams)


def _deliver(packet: bytes, streams: Streams) -> None:
    target_fd = streams.stdout_fd if packet[0] == _STDOUT else streams.stderr_fd
    if target_fd is not None:
        write_all(target_fd, memoryview(packet)[1:])


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write every byte, waiting where the reader is slow."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            select.select([], [fd], [])
