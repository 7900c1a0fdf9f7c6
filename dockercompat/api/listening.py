"""The sockets that a service listens on: a path that its owner alone can reach, TCP behind TLS, or what systemd hands over."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import struct
import time
from typing import TYPE_CHECKING

from dockercompat.errors import ClientError, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

_BACKLOG = 512
_DYING_S = 0.3
_JUDGE_S = 10
_FIRST_FD = 3  # sd_listen_fds(3)


class Unsafe(ClientError):
    """A place where others could take the socket away, or reach it."""


def from_systemd(environ: Mapping[str, str]) -> list[socket.socket]:
    """The sockets that were handed over to this very process, none otherwise."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(environ.get("LISTEN_FDS") or 0)
    found = [socket.socket(fileno=fd) for fd in range(_FIRST_FD, _FIRST_FD + count)]
    for each in found:
        os.set_inheritable(each.fileno(), False)
    return found


def unix(path: str) -> socket.socket:
    """A listening socket at a path, usable by its owner only; one that nobody serves any more is replaced.

    Raises  Unsafe where another user may write to the directory; OSError, EADDRINUSE when somebody serves it
    """
    directory, name = os.path.split(os.path.abspath(path))
    directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _check(directory, os.fstat(directory_fd))
        fcntl.flock(directory_fd, fcntl.LOCK_EX)  # two that find the same stale socket must not replace each other's
        short = f"/proc/self/fd/{directory_fd}/{name}"  # a socket's path has 107 bytes at most
        old_mask = os.umask(0o177)
        try:
            sock.bind(short)
        except OSError:
            if _goes_on_answering(short) or not stat.S_ISSOCK(os.lstat(short).st_mode):
                raise
            os.unlink(short)
            sock.bind(short)
        finally:
            os.umask(old_mask)
        sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(directory_fd)
    return sock


def _check(directory: str, status: os.stat_result) -> None:
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
        raise Unsafe(f"can't listen in {directory}: other users may write to it; a directory with mode 0700 is needed")


def tcp(address: str) -> socket.socket:
    """A listening socket at HOST:PORT. Raises InvalidParameter, OSError."""
    from dockercompat.spec.endpoint import parse_tcp

    host, port, _ = parse_tcp(address, "127.0.0.1", "2376")
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(place)
        sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


class Place:
    """A socket's path, and which file it is."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self._identity = _identity(self.path)

    def remove(self) -> None:
        """Remove it, but not what another service has put there since."""
        if self._identity and _identity(self.path) == self._identity:
            os.unlink(self.path)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def listen(address: str, *, has_tls: bool) -> tuple[socket.socket, Place | None]:
    """A socket for `unix://PATH` or `tcp://HOST:PORT`, and what to remove in the end.

    Raises  ClientError for what can't be served, and for TCP without TLS
    """
    kind, separator, rest = address.partition("://")
    if not separator or kind not in ("unix", "tcp") or not rest:
        raise ClientError(f"{address} is no address that can be served: unix://PATH and tcp://HOST:PORT are")
    if kind == "tcp" and not has_tls:
        raise ClientError(f"{address} would let anybody in: TCP is served with --tlsverify, --tlscacert, --tlscert and --tlskey only")
    try:
        return (tcp(rest), None) if kind == "tcp" else (unix(rest), Place(rest))
    except OSError as error:
        served = " (another service answers there)" if kind == "unix" and answers(rest) else ""
        raise ClientError(f"can't listen on {rest}: {sentence(error)}{served}") from None


def _goes_on_answering(path: str) -> bool:
    """Whether somebody serves a path, and not just for the moment that the processes of a service that was killed still have."""
    deadline = time.monotonic() + _DYING_S
    while answers(path):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.02)
    return False


def answers(path: str) -> bool:
    """Whether somebody listens at a path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def is_ours(client: socket.socket) -> bool:
    """Whether a local client is of our own user, or root. One of TCP proves itself by its certificate.

    In the user's namespaces, root of the host has no number: `judge`, outside of them, tells it from other users.
    """
    return client.family != socket.AF_UNIX or _peer_uid(client) in (0, os.getuid())


def _peer_uid(client: socket.socket) -> int:
    _, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)


def ask(judge_socket: socket.socket, client: socket.socket) -> bool:
    """What `judge`, at the other end, says of a client."""
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(_JUDGE_S)
        try:
            socket.send_fds(judge_socket, [b"?"], [client.fileno(), far.fileno()])
            return near.recv(1) == b"y"
        except OSError:
            return False


def judge(judge_socket: socket.socket) -> None:
    """Answer one question of `ask`."""
    _, fds, _, _ = socket.recv_fds(judge_socket, 1, 2)
    sockets = [socket.socket(fileno=fd) for fd in fds]
    try:
        if len(sockets) == 2:
            sockets[1].send(b"y" if is_ours(sockets[0]) else b"n")
    except OSError:
        pass
    finally:
        for each in sockets:
            each.close()
