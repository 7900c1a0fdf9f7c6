"""The process that serves names, from outside: start, find, stop.

Its sockets are bound before it is executed, so it is ready, in that questions wait for it, long before it has come up.
"""

from __future__ import annotations

import _socket
import os

from dockercompat.errors import ToolFailed
from dockercompat.host import run
from dockercompat.kernel import netns
from dockercompat.net import process
from dockercompat.net.netns import has_ipv6 as netns_has_ipv6

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

UDP_FD, TCP_FD = 4, 5
_READY_FD = 3
_PORT = 53
_IPV6_V6ONLY = 26
_PROGRAMS = ("pydocker-names", "aardvark-dns")  # the second one served earlier versions


def record_path(run_dir: str) -> str:
    """Its name in the record is the inode of the network namespace that it serves."""
    return f"{run_dir}/names.pid"


def pid(run_dir: str, netns_fd: int) -> int:
    """Pid of the living server of a network namespace, 0 when there is none."""
    path = record_path(run_dir)
    return process.recorded(path) if process.recorded_name(path) == _name_of(netns_fd) else 0


def _name_of(netns_fd: int) -> str:
    return str(os.fstat(netns_fd).st_ino)


def _bind() -> tuple[int, int]:
    """Sockets for questions from both families, where there are both."""
    family, host = (_socket.AF_INET6, "::") if netns_has_ipv6() else (_socket.AF_INET, "0.0.0.0")
    udp, tcp = _socket.socket(family, _socket.SOCK_DGRAM), _socket.socket(family, _socket.SOCK_STREAM)
    tcp.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    for each in (udp, tcp):
        if family == _socket.AF_INET6:
            each.setsockopt(_socket.IPPROTO_IPV6, _IPV6_V6ONLY, 0)
        each.bind((host, _PORT))
    tcp.listen(128)
    return udp.detach(), tcp.detach()


def start(run_dir: str, netns_fd: int, argv: Sequence[str]) -> int:
    """Start the server in place of any other and return a descriptor to give to await_ready. The caller holds the lock of names.

    argv  executed with its sockets as descriptors UDP_FD and TCP_FD, in the namespaces of this process
    """
    path = record_path(run_dir)
    process.stop(path)
    ending, name = process.ending(path), _name_of(netns_fd)

    def prepare() -> None:
        process.await_end(ending)  # it holds the port
        process.end_strays(run_dir, _PROGRAMS)
        process.record(path, name)
        for source, target in zip(netns.within(netns_fd, _bind), (UDP_FD, TCP_FD)):
            os.dup2(source, target)
        os.write(_READY_FD, b"r")

    ready_read, ready_write = os.pipe()
    log_fd = os.open(f"{run_dir}/names.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    null_fd = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        kept = {ready_write: _READY_FD, null_fd: UDP_FD, log_fd: TCP_FD}  # two of them only keep the numbers free
        run.spawn(argv, stderr_fd=log_fd, keep_fds=kept, new_session=True, cwd="/", before_exec=prepare)
    finally:
        for fd in (ready_write, log_fd, null_fd):
            os.close(fd)
    return ready_read


def close_ready() -> None:
    """In the server: let go of the descriptor by which it said that it was ready."""
    os.close(_READY_FD)


def await_ready(run_dir: str, ready_fd: int) -> None:
    """Return when questions are taken. Raises ToolFailed with what the server wrote when it ended instead."""
    try:
        answer = os.read(ready_fd, 1)
    finally:
        os.close(ready_fd)
    if not answer:
        with open(f"{run_dir}/names.log", encoding="utf-8", errors="replace") as file:
            raise ToolFailed(("pydocker-names",), 1, file.read().strip())


def stop(run_dir: str) -> None:
    """End the server, if it runs. Its port is free a moment later; start waits for that."""
    process.stop(record_path(run_dir))
