"""The process that serves names, from outside: start, find, stop.

Its sockets are bound before it is executed, so it is ready, in that questions wait for it, long before it has come up.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import signal

from dockercompat.errors import ToolFailed
from dockercompat.host import run
from dockercompat.kernel import netns
from dockercompat.kernel.process import start_time
from dockercompat.net import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

UDP_FD, TCP_FD = 4, 5
_READY_FD = 3
_SPARE_FD = 64
_PORT = 53


def record_path(run_dir: str) -> str:
    """A file that says: pid, start time in ticks, inode of the network namespace that it serves."""
    return f"{run_dir}/names"


def _recorded(path: str) -> tuple[int, int]:
    """Pid of the process that a record names, while it is there, and its namespace; zeros otherwise."""
    try:
        with open(path, encoding="ascii") as file:
            process_id, started, inode = map(int, file.read().split())
    except (FileNotFoundError, ValueError):
        return 0, 0
    return (process_id, inode) if start_time(process_id) == started else (0, 0)


def pid(run_dir: str, netns_fd: int) -> int:
    """Pid of the living server of a network namespace, 0 when there is none."""
    process_id, inode = _recorded(record_path(run_dir))
    return 0 if process_id == 0 or process.is_ending(process_id) or inode != os.fstat(netns_fd).st_ino else process_id


def was_killed(run_dir: str) -> bool:
    """Whether a server left its record behind; one that is stopped takes it along."""
    process_id, _ = _recorded(record_path(run_dir))
    return process.is_ending(process_id) if process_id else os.path.exists(record_path(run_dir))


def _bind() -> tuple[int, int]:
    udp = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", _PORT))
    tcp = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    tcp.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    tcp.bind(("0.0.0.0", _PORT))
    tcp.listen(128)
    return udp.detach(), tcp.detach()


def start(run_dir: str, netns_fd: int, argv: Sequence[str]) -> int:
    """Start the server in place of any other and return a descriptor to give to await_ready. The caller holds the lock of names.

    argv  executed with its sockets as descriptors UDP_FD and TCP_FD, in the namespaces of this process
    """
    stop(run_dir)
    ending = _recorded(_stopped_path(run_dir))[0]
    inode = os.fstat(netns_fd).st_ino

    def prepare() -> None:
        process.await_end([ending] if ending else [])  # it holds the port
        own_pid = os.getpid()
        with open(record_path(run_dir) + ".new", "w", encoding="ascii") as file:
            file.write(f"{own_pid} {start_time(own_pid)} {inode}")
        os.rename(record_path(run_dir) + ".new", record_path(run_dir))
        for source, target in zip(netns.within(place_fd, _bind), (UDP_FD, TCP_FD)):
            os.dup2(source, target)
        os.write(_READY_FD, b"r")

    place_fd = fcntl.fcntl(netns_fd, fcntl.F_DUPFD_CLOEXEC, _SPARE_FD)  # out of the way of the numbers that are handed on
    ready_read, ready_write = os.pipe()
    log_fd = os.open(f"{run_dir}/names.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    null_fd = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        kept = {ready_write: _READY_FD, null_fd: UDP_FD, log_fd: TCP_FD}  # two of them only keep the numbers free
        run.spawn(argv, stderr_fd=log_fd, keep_fds=kept, new_session=True, cwd="/", before_exec=prepare)
    finally:
        for fd in (place_fd, ready_write, log_fd, null_fd):
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
    process_id, _ = _recorded(record_path(run_dir))
    try:
        os.rename(record_path(run_dir), _stopped_path(run_dir))
        if process_id:
            os.kill(process_id, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        pass


def _stopped_path(run_dir: str) -> str:
    return f"{run_dir}/names.stopped"
