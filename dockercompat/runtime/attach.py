"""The attach socket of a monitor: the container's streams joined with descriptors of ours.

A packet to us begins with a byte that names the stream; a packet from us is standard input. conmon serves any number of clients.
"""

from __future__ import annotations

import _socket  # the module socket takes 5 ms
import os
import select

from dockercompat.errors import Bare, ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STDOUT = 2
_PACKET_BYTES = 8192
_SIGNALS_MS = 500  # between two looks at signals that Python has noted and not yet told of
_READ_BYTES = 65536
DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q"


class NotWritten(Bare):
    """One of our own streams takes no more."""

    def __init__(self, fd: int, error: OSError) -> None:
        name = {1: "/dev/stdout", 2: "/dev/stderr"}.get(fd, f"/dev/fd/{fd}")
        super().__init__(f"write {name}: {(error.strerror or '').lower()}")


class Streams(Record):
    """Descriptors to join: None leaves a stream out. socket_fd: of a client that all of them belong to, -1 where they are no client's."""

    stdin_fd: int | None = None
    stdout_fd: int | None = None
    stderr_fd: int | None = None
    socket_fd: int = -1

    def receive(self) -> bytes | None:
        """What came on stdin_fd, b"" at its end, None for nothing yet."""
        return None if self.stdin_fd is None else read_some(self.stdin_fd)

    def hung_up(self) -> None:
        """Called when socket_fd has been closed at its other end, and everything that came from there has been passed on."""

    def deliver(self, number: int, data: memoryview) -> None:
        """Pass output on, all of it. number: 1 stdout, 2 stderr. Raises NotWritten when it is taken no more."""
        target_fd = self.stdout_fd if number == 1 else self.stderr_fd
        if target_fd is not None:
            try:
                write_all(target_fd, data)
            except BrokenPipeError as error:
                raise NotWritten(target_fd, error) from None


def connect(bundle_dir: str) -> _socket.socket:
    """A connection to the monitor of a container. Raises OSError when it is gone."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
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
    """The bytes of a key sequence: ASCII letters, `ctrl-` forms and DEL, comma separated. Raises ClientError in docker's words."""
    result = bytearray()
    for key in text.split(","):
        if len(key) == 1 and key.isascii():
            result += key.encode()
        elif key == "DEL":
            result.append(127)
        elif key.startswith("ctrl-") and len(key) == 6 and key[5] in "abcdefghijklmnopqrstuvwxyz@[\\]^_":
            result.append(ord(key[5].upper()) - 64)
        else:
            raise ClientError(f"invalid detach keys ({text}): Unknown character: '{key}'")
    return bytes(result)


class Feed:
    """Bytes on their way into a descriptor that takes them when it likes: what is typed must not hold up what comes out."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._rest = memoryview(b"")

    @property
    def is_empty(self) -> bool:
        return not self._rest

    def add(self, data: bytes) -> bool:
        """Pass bytes on as far as they are taken now; the rest waits for `push`. False when the other end is gone."""
        self._rest = memoryview(bytes(self._rest) + data)
        return self.push()

    def push(self) -> bool:
        """Pass on what waits. False when the other end is gone."""
        while self._rest:
            try:
                self._rest = self._rest[os.write(self.fd, self._rest[:_PACKET_BYTES]) :]
            except BlockingIOError:
                return True
            except OSError:
                self._rest = memoryview(b"")
                return False
        return True


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
    connection: _socket.socket,
    streams: Streams,
    *,
    container_pid: int,
    ended: Callable[[], bool],
    detach: DetachKeys | None = None,
    close_on_stdin_end: bool = False,
    typed: bytes = b"",
) -> bool:
    """Carry bytes both ways until the container has ended; False when the detach keys were typed.

    ended               tells whether the monitor has recorded the end; asked after the process is gone
    close_on_stdin_end  half-close the connection when our stdin ends
    typed               what came on stdin before
    Raises              NotWritten when one of our own streams takes no more (a closed pipe, a full disk); the container goes on
    """
    try:
        pid_fd = os.pidfd_open(container_pid)
    except OSError:
        pid_fd = -1
    feed = Feed(connection.fileno())
    stdin_fd = streams.stdin_fd
    is_open, half_close = True, False
    gone = pid_fd < 0
    if typed:
        typed, detached = detach.feed(typed) if detach is not None else (typed, False)
        feed.add(typed)
        if detached:
            return False
    try:
        while True:
            if gone and ended():
                _drain(connection, streams)
                return True
            wanted = {}
            if not gone:
                wanted[pid_fd] = select.POLLIN
            if is_open:
                wanted[feed.fd] = select.POLLIN if feed.is_empty else select.POLLIN | select.POLLOUT
                if stdin_fd is not None and feed.is_empty:
                    wanted[stdin_fd] = select.POLLIN
            if stdin_fd is None and streams.socket_fd >= 0 and feed.is_empty and not half_close:
                wanted[streams.socket_fd] = 0  # for POLLHUP alone: who has closed one direction still listens
            for fd, event in poll(wanted, 2 if gone else None):
                if fd == pid_fd:
                    gone = True
                elif fd == streams.socket_fd and not wanted[fd]:
                    streams.hung_up()
                elif fd == stdin_fd:
                    data = streams.receive()
                    if data is None:
                        continue
                    ended_here = not data
                    detached = False
                    if detach is not None and data:
                        data, detached = detach.feed(data)
                    if not feed.add(data) or ended_here:
                        stdin_fd = None
                        half_close = ended_here and close_on_stdin_end
                    if detached:
                        return False
                else:
                    if event & select.POLLOUT and not feed.push():
                        stdin_fd = None
                    if event != select.POLLOUT:
                        is_open = _receive(connection, streams)
            if half_close and feed.is_empty:
                half_close = False
                _half_close(connection)
            if not is_open and not gone:
                _wait_until_gone(pid_fd)
                gone = True
    finally:
        if pid_fd >= 0:
            os.close(pid_fd)


def poll(wanted: Mapping[int, int], timeout_ms: int | None) -> list[tuple[int, int]]:
    """Wait for any of these events of descriptors."""
    poller = select.poll()
    for fd, events in wanted.items():
        poller.register(fd, events)
    return wait(poller, timeout_ms)


def wait(poller: select.poll, timeout_ms: int | None) -> list[tuple[int, int]]:
    """What a poller finds. A signal that comes right before the waiting begins is looked at within a moment, not at the next event."""
    if timeout_ms is not None:
        return poller.poll(timeout_ms)
    while not (found := poller.poll(_SIGNALS_MS)):
        continue
    return found


def read_some(fd: int) -> bytes | None:
    """What can be read now, b"" at the end or when it can't be read at all, None when there is nothing yet."""
    try:
        return os.read(fd, _PACKET_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _receive(connection: _socket.socket, streams: Streams) -> bool:
    """Pass one packet on. False when the monitor has closed its end."""
    try:
        packet = connection.recv(_READ_BYTES)
    except BlockingIOError:
        return True
    except OSError:
        return False
    if packet:
        _deliver(packet, streams)
    return bool(packet)


def _half_close(connection: _socket.socket) -> None:
    try:
        connection.shutdown(_socket.SHUT_WR)
    except OSError:
        pass


def _wait_until_gone(pid_fd: int) -> None:
    if pid_fd >= 0:
        select.select([pid_fd], [], [])


def _drain(connection: _socket.socket, streams: Streams) -> None:
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
    streams.deliver(1 if packet[0] == _STDOUT else 2, memoryview(packet)[1:])


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write every byte, waiting where the reader is slow.

    Raises  BrokenPipeError when the reader has gone; NotWritten, in docker's words, for whatever else keeps a standard stream
            from taking them
    """
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            select.select([], [fd], [])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotWritten(fd, error) from None
