"""The streams of an exec joined with those of a door: pipes, or a terminal whose master end crun hands over."""

from __future__ import annotations

import os
import select

from dockercompat.engine.container import execution
from dockercompat.runtime import attach

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from dockercompat.engine.container.execution import Execution, Request
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_BLOCK_BYTES = 1 << 16


def with_pipes(
    engine: Engine, container: Container, request: Request, streams: attach.Streams, *, typed: bytes = b"", exec_id: str = ""
) -> int:
    """Run a command to its end, its streams joined with a door's; its exit status.

    streams  stdin_fd None: the command has none
    typed    what came on stdin before
    Raises   CommandNotFound, CommandNotExecutable when it can't be started; NotWritten
    """
    stdin = streams.stdin_fd is not None
    in_read, in_write = os.pipe() if stdin else (None, None)
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    try:
        started = execution.start(engine, container, request, stdin_fd=in_read, stdout_fd=out_write, stderr_fd=err_write, exec_id=exec_id)
    except BaseException:
        for fd in (in_write, out_read, err_read):
            if fd is not None:
                os.close(fd)
        raise
    finally:
        for fd in (in_read, out_write, err_write):
            if fd is not None:
                os.close(fd)
    _carry(started, streams, in_write, out_read, err_read, typed)
    return started.finish(os.waitstatus_to_exitcode(os.waitpid(started.pid, 0)[1]))


def _carry(started: Execution, streams: attach.Streams, in_write: int | None, out_read: int, err_read: int, typed: bytes) -> None:
    """Carry stdin in and the outputs out until both outputs are closed, or the process is gone and they are empty."""
    targets = {out_read: 1, err_read: 2}
    feed = attach.Feed(in_write) if in_write is not None else None
    if feed is not None and typed and not feed.add(typed):
        feed = _close(feed)
    reads_stdin = feed is not None
    stdin_fd = -1 if streams.stdin_fd is None else streams.stdin_fd
    pid_fd = os.pidfd_open(started.pid)
    open_fds = set(targets)
    gone = False
    while open_fds:
        wanted = dict.fromkeys(open_fds, select.POLLIN)
        if not gone:
            wanted[pid_fd] = select.POLLIN
        if feed is not None:
            wanted[feed.fd] = 0 if feed.is_empty else select.POLLOUT
            if reads_stdin and feed.is_empty:
                wanted[stdin_fd] = select.POLLIN
        events = attach.poll(wanted, 0 if gone else None)
        if gone and not any(fd in open_fds for fd, _ in events):
            break  # what a process left behind in the background still holds open is not waited for
        for fd, _ in events:
            if fd == pid_fd:
                gone = True
            elif fd in open_fds:
                data = os.read(fd, _BLOCK_BYTES)
                if not data:
                    open_fds.discard(fd)
                elif fd != err_read or not started.failed_with(data):
                    streams.deliver(targets[fd], memoryview(data))
            elif feed is not None and fd == feed.fd:
                if feed.is_empty or not feed.push():  # an event while nothing is wanted: nobody reads it any more
                    feed = _close(feed)
            elif feed is not None:
                chunk = attach.read_some(stdin_fd)
                if chunk is None:
                    continue
                reads_stdin = bool(chunk)
                if not feed.add(chunk):
                    feed = _close(feed)
        if feed is not None and not reads_stdin and feed.is_empty:
            feed = _close(feed)
    os.close(pid_fd)


def _close(feed: attach.Feed) -> attach.Feed | None:
    os.close(feed.fd)
    return None


class WithTerminal:
    """A started exec that has a terminal. master_fd: its master end, -1 when crun ended before it sent one."""

    def __init__(self, started: Execution, master_fd: int) -> None:
        self._started = started
        self.master_fd = master_fd

    def carry(
        self,
        streams: attach.Streams,
        detach: attach.DetachKeys,
        *,
        typed: bytes = b"",
        others: Mapping[int, Callable[[], None]] | None = None,
    ) -> bool:
        """Carry bytes both ways until the process has ended; False when the detach keys were typed.

        others  descriptors that are watched meanwhile, and what is called when one can be read
        """
        others = others or {}
        stdin_fd = -1 if streams.stdin_fd is None else streams.stdin_fd
        poller = select.poll()
        for fd in (self.master_fd, *([stdin_fd] if stdin_fd >= 0 else ()), *others):
            poller.register(fd, select.POLLIN)
        pid_fd = os.pidfd_open(self._started.pid)
        poller.register(pid_fd, select.POLLIN)
        gone = False
        try:
            if typed and self._type(typed, detach):
                return False
            while True:
                events = attach.wait(poller, 0 if gone else None)
                if gone and not any(fd == self.master_fd for fd, _ in events):
                    return True
                for fd, _ in events:
                    if fd == pid_fd:
                        gone = True
                        poller.unregister(pid_fd)
                    elif fd == self.master_fd:
                        try:
                            data = os.read(self.master_fd, _BLOCK_BYTES)
                        except OSError:  # EIO: nobody has the other end
                            return True
                        if not self._started.failed_with(data):
                            streams.deliver(1, memoryview(data))
                    elif fd in others:
                        others[fd]()
                    else:
                        data = attach.read_some(stdin_fd) or b""
                        if not data:
                            poller.unregister(stdin_fd)
                        elif self._type(data, detach):
                            return False
        finally:
            os.close(pid_fd)

    def _type(self, data: bytes, detach: attach.DetachKeys) -> bool:
        """Pass on what was typed; True when the detach keys were among it."""
        data, detached = detach.feed(data)
        attach.write_all(self.master_fd, data)
        return detached

    def finish(self) -> int:
        """Wait for the end; the exit status. Raises CommandNotFound, CommandNotExecutable when it could not be started."""
        return self._started.finish(os.waitstatus_to_exitcode(os.waitpid(self._started.pid, 0)[1]))


def start_with_terminal(engine: Engine, container: Container, request: Request, *, exec_id: str = "") -> WithTerminal:
    """Start a command that has a terminal of its own."""
    import socket  # 2 ms that only a terminal costs

    path = f"{engine.paths.bundle_dir(container.id)}/tty-{os.urandom(6).hex()}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory_fd = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        listener.bind(f"/proc/self/fd/{directory_fd}/{os.path.basename(path)}")
        os.close(directory_fd)
        listener.listen(1)
        started = execution.start(
            engine, container, request, stdin_fd=None, stdout_fd=None, stderr_fd=None, console_socket=path, exec_id=exec_id
        )
        return WithTerminal(started, _receive_master(listener, started.pid))
    finally:
        listener.close()
        if os.path.exists(path):
            os.unlink(path)


def _receive_master(listener: socket.socket, pid: int) -> int:
    """The terminal's master end from crun, or -1 when crun ended before it sent one."""
    import socket

    pid_fd = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([listener.fileno(), pid_fd], [], [])
        if listener.fileno() not in ready:
            return -1
        connection, _ = listener.accept()
        with connection:
            _, fds, _, _ = socket.recv_fds(connection, 1024, 1)
        return fds[0] if fds else -1
    finally:
        os.close(pid_fd)
