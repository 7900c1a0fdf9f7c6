"""Commands' side of the relay: is it alive, start it, and which ports it serves.

Ports are bound by the command, which so learns why one can't be had, and handed over. Whoever changes them holds the lock of ports.
"""

from __future__ import annotations

import _socket
import os
import struct

from dockercompat import json
from dockercompat.errors import Unavailable
from dockercompat.host import run
from dockercompat.net import netns, outside, process
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TypeVar

    Item = TypeVar("Item")

Place = tuple[str, str, int]  # protocol, address of the host, port of the host
_IPV6_V6ONLY = 26
_AT_ONCE = 200  # ports in a message; the kernel takes 253 descriptors, and so many bytes as a socket's buffer holds


class Listening(Record):
    """A port of the host, and the container's address and port that it leads to."""

    place: Place
    address: str
    port: int


def record_path(run_dir: str) -> str:
    return f"{run_dir}/relay.pid"


def _socket_path(run_dir: str) -> str:
    return f"{run_dir}/relay.sock"


def pid(run_dir: str) -> int:
    """Pid of the living relay, 0 when there is none."""
    return process.recorded(record_path(run_dir))


def start(run_dir: str, own_command: Sequence[str], netns_fd: int) -> None:
    """Start one in a network namespace. It need not be waited for: its socket is there, and keeps what is sent to it."""
    path = _socket_path(run_dir)
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    enter = netns.entering(netns_fd)

    def prepare() -> None:
        enter()
        process.record(record_path(run_dir), process.RELAY)  # so that it is known even if its parent is killed now

    log_fd = os.open(f"{run_dir}/relay.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)
    try:
        control.bind(path)
        control.listen(128)
        argv = [*own_command, "relay"]
        keep = {control.fileno(): 3}
        child = run.spawn(argv, stdout_fd=log_fd, stderr_fd=log_fd, keep_fds=keep, new_session=True, cwd="/", before_exec=prepare)
        process.record(record_path(run_dir), process.RELAY, child)  # and at once for us
    finally:
        os.close(log_fd)
        control.close()


def bind(place: Place) -> _socket.socket:
    """The socket of a port of the host. Raises OSError."""
    protocol, host_ip, host_port = place
    family, kind = _socket.AF_INET, _socket.SOCK_STREAM if protocol == "tcp" else _socket.SOCK_DGRAM
    options = [(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)] if protocol == "tcp" else []
    if ":" in host_ip:
        family = _socket.AF_INET6
        options.append((_socket.IPPROTO_IPV6, _IPV6_V6ONLY, 1))
    return outside.bind(family, kind, options, (host_ip, host_port))


def serve(run_dir: str, ports: Sequence[tuple[Listening, _socket.socket]]) -> None:
    """Have the relay accept what comes to bound sockets; the caller may close its own copies.

    One that is still on its way is not waited for: who connects to a port meanwhile waits in it.
    """
    ask = _ask if _has_come_up(pid(run_dir)) else _tell
    for some in _parts(ports):
        ask(run_dir, *_addition(some))


def _addition(ports: Sequence[tuple[Listening, _socket.socket]]) -> tuple[dict[str, Any], bytes]:
    fds = struct.pack(f"{len(ports)}i", *(each.fileno() for _, each in ports))
    return {"add": [[*port.place, port.address, port.port] for port, _ in ports]}, fds


def lead(run_dir: str, targets: Sequence[tuple[Place, str]]) -> None:
    """New connections to these ports go to other addresses from now on."""
    for some in _parts(targets):
        _ask(run_dir, {"lead": [[*place, address] for place, address in some]})


def serves(run_dir: str, place: Place) -> bool:
    """Whether the relay has a port already."""
    return bool(_ask(run_dir, {"serves": place}))


def withdraw(run_dir: str, places: Sequence[Place], *, end: bool = False) -> None:
    """Close ports; those it does not serve are none of its business. end: it leaves when what was sent has been delivered."""
    if end and not _has_come_up(pid(run_dir)):  # so it has taken no connection yet
        process.stop(record_path(run_dir))
        process.await_end(process.ending(record_path(run_dir)))
        return
    if end:
        try:
            os.unlink(record_path(run_dir))
        except FileNotFoundError:
            pass
    try:
        for some in _parts(places):
            _ask(run_dir, {"remove": some, "end": end and some[-1] == places[-1]})
    except Unavailable:  # it is dead, and its ports with it
        pass


def _has_come_up(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/comm", encoding="utf-8") as file:
            return file.read().strip() == process.RELAY  # the name that it gives itself then
    except OSError:
        return False


def stop(run_dir: str) -> None:
    """End it at once."""
    process.stop(record_path(run_dir))


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), _AT_ONCE):
        yield items[first : first + _AT_ONCE]


def _ask(run_dir: str, request: dict[str, Any], fds: bytes = b"") -> Any:
    connection = _send(run_dir, request, fds)
    try:
        answer = connection.recv(64)
    except OSError as error:
        raise _unavailable(error) from error
    finally:
        connection.close()
    if not answer:
        raise Unavailable("the relay of published ports has ended")
    return json.loads(answer)


def _tell(run_dir: str, request: dict[str, Any], fds: bytes) -> None:
    """Ask, without waiting for the answer."""
    _send(run_dir, request, fds).close()


def _send(run_dir: str, request: dict[str, Any], fds: bytes) -> _socket.socket:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)
    try:
        connection.connect(_socket_path(run_dir))
        connection.sendmsg([json.dumps(request).encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)] if fds else [])
    except OSError as error:
        connection.close()
        raise _unavailable(error) from error
    return connection


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(f"the relay of published ports does not answer: {error.strerror}")
