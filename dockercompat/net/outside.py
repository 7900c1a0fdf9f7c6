"""Root's privileges on the host, kept while a command of root's works inside the holder's namespaces.

There it may not listen on ports below 1024. So a process is left outside that binds them, and starts the helper, when it is asked; it
ends with the command. Users have no such privileges, and need no such process.
"""

from __future__ import annotations

import _socket
import os
import struct

from dockercompat import json
from dockercompat.kernel import holder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_connections: list[_socket.socket] = []


def keep(run_dir: str) -> None:
    """Leave that process behind, before joining the holder. Does nothing for users."""
    if os.geteuid() != 0 or holder.joined() or holder.surrounds(run_dir) or _connections:
        return
    near, far = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    if os.fork():
        far.close()
        _connections.append(near)
        return
    try:
        near.close()
        null_fd = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):  # who reads the command's output must see its end
            os.dup2(null_fd, fd)
        _serve(run_dir, far)
    finally:
        os._exit(0)


def start_helper(program: str, cidr: str, ready_fd: int) -> bool:
    """Have the helper started outside; False where nobody is there."""
    return bool(_ask({"start": [program, cidr]}, ready_fd))


def bind(family: int, kind: int, options: list[tuple[int, int, int]], address: tuple[str, int]) -> _socket.socket:
    """A socket bound on the host, listening if it is one of connections. Raises OSError.

    options  for setsockopt, before binding
    """
    if _connections:
        answer, fds = _ask({"bind": [family, kind, options, list(address)]}) or (0, [])
        if answer:
            raise OSError(answer, os.strerror(answer))
        return _socket.socket(family, kind, 0, fds[0])
    return _bind(family, kind, options, address)


def _bind(family: int, kind: int, options: list[tuple[int, int, int]], address: tuple[str, int]) -> _socket.socket:
    made = _socket.socket(family, kind | _socket.SOCK_CLOEXEC)
    try:
        for level, name, value in options:
            made.setsockopt(level, name, value)
        made.bind(address)
        if kind == _socket.SOCK_STREAM:
            made.listen(4096)
    except BaseException:
        made.close()
        raise
    return made


def _ask(request: dict[str, Any], fd: int = -1) -> tuple[int, list[int]] | None:
    if not _connections:
        return None
    ancillary = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", fd))] if fd >= 0 else []
    _connections[0].sendmsg([json.dumps(request).encode()], ancillary)
    data, received, _, _ = _connections[0].recvmsg(4096, 64)
    return int(data or b"22"), [number for _, _, raw in received for (number,) in struct.iter_unpack("i", raw)]


def _serve(run_dir: str, connection: _socket.socket) -> None:
    from dockercompat.net import netns
    from dockercompat.net.uplink import helper
    from dockercompat.net.uplink.addresses import Uplink

    while True:
        data, received, _, _ = connection.recvmsg(4096, 64)
        if not data:
            return
        request = json.loads(data)
        if "start" in request:
            program, cidr = request["start"]
            (fd,) = struct.unpack("i", received[0][2])
            at = f"/proc/{holder.pid(run_dir)}"
            helper.spawn(run_dir, program, Uplink(cidr), f"{at}/root{netns.pin_path(run_dir)}", f"{at}/ns/user", fd)
            os.close(fd)
            connection.send(b"0")
            continue
        family, kind, options, address = request["bind"]
        try:
            made = _bind(family, kind, options, tuple(address))
        except OSError as error:
            connection.send(str(error.errno or 22).encode())
            continue
        connection.sendmsg([b"0"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", made.fileno()))])
        made.close()
