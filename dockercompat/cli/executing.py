"""`exec`: streams, terminal and status of one more process in a container."""

from __future__ import annotations

import os
import select
import signal

from dockercompat.cli import attaching, interrupts
from dockercompat.errors import Bare, ClientError, CommandNotExecutable, CommandNotFound, DockerError, InvalidParameter
from dockercompat.runtime import attach, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from types import FrameType

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.container.execution import Execution, Request
    from dockercompat.engine.container.state import Container

_BLOCK_BYTES = 1 << 16
_HUNG_UP = 129
_INTERRUPTED = 130
_NO_PROCESS = 128  # docker's status where no process came to be, and the reason is none of 126 and 127


def exec_in_container(invocation: Invocation) -> int:
    """Run a command in a running container; its exit status, 126 or 127 when it can't be started."""
    from dockercompat.engine.container import execution, state
    from dockercompat.spec import env

    options = invocation.options
    container = state.current(invocation.engine, invocation.args[0])
    stdin = bool(options.interactive)
    detached = bool(options.detach)
    if not detached:
        attaching.require_terminal(bool(options.tty), stdin)
    execution.require_running(container, invocation.args[0])
    keys = attaching.detach_sequence(invocation, options.detach_keys or "", execs=True)
    try:
        variables = [line for path in options.env_file or () for line in env.read_env_file(path, invocation.environ)]
        variables += [env.parse_variable(each, environ=invocation.environ) for each in options.env or ()]
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    if options.workdir and not options.workdir.startswith("/"):
        reason = "OCI runtime exec failed: exec failed: Cwd must be an absolute path"
        if detached:
            raise DockerError(reason)
        attach.write_all(1, f"{reason}\r\n".encode())
        return _NO_PROCESS
    request = execution.Request(
        args=tuple(invocation.args[1:]),
        env=tuple(variables),
        user=options.user or "",
        cwd=options.workdir or "",
        tty=bool(options.tty) and not detached,
        privileged=bool(options.privileged),
        console_size=terminal.size(1) if options.tty else (0, 0),
    )
    invocation.join()
    try:
        if detached:
            execution.start_detached(invocation.engine, container, request)
            return 0
        if request.tty:
            return _with_terminal(invocation, container, request, attach.DetachKeys(keys), stdin=stdin)
        return _with_pipes(invocation, container, request, stdin=stdin)
    except KeyboardInterrupt as told:
        if getattr(told, "status", _INTERRUPTED) > _HUNG_UP:  # SIGINT, SIGTERM: docker takes that for success
            return 0
        raise
    except (CommandNotFound, CommandNotExecutable) as error:
        if detached:
            raise DockerError(str(error)) from None
        attach.write_all(1, f"{error}\r\n".encode(errors="surrogateescape"))  # docker's streams are joined by then
        return error.exit_status


def _with_pipes(invocation: Invocation, container: Container, request: Request, *, stdin: bool) -> int:
    from dockercompat.engine.container import execution

    in_read, in_write = os.pipe() if stdin else (None, None)
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    started = execution.start(invocation.engine, container, request, stdin_fd=in_read, stdout_fd=out_write, stderr_fd=err_write)
    for fd in (in_read, out_write, err_write):
        if fd is not None:
            os.close(fd)
    _carry(started, in_write, out_read, err_read)
    return started.finish(os.waitstatus_to_exitcode(os.waitpid(started.pid, 0)[1]))


def _carry(started: Execution, in_write: int | None, out_read: int, err_read: int) -> None:
    """Carry our stdin in and the outputs out until both outputs are closed, or the process is gone and they are empty."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    targets = {out_read: 1, err_read: 2}
    feed = attach.Feed(in_write) if in_write is not None else None
    reads_stdin = feed is not None
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
                wanted[0] = select.POLLIN
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
                    attach.write_all(targets[fd], data)
            elif feed is not None and fd == feed.fd:
                if feed.is_empty or not feed.push():  # an event while nothing is wanted: nobody reads it any more
                    feed = _close(feed)
            elif feed is not None:
                chunk = attach.read_some(0)
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


def _with_terminal(invocation: Invocation, container: Container, request: Request, detach: attach.DetachKeys, *, stdin: bool) -> int:
    import socket  # 2 ms that only a terminal costs

    from dockercompat.engine.container import execution

    path = f"{invocation.engine.paths.bundle_dir(container.id)}/tty-{os.urandom(6).hex()}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory_fd = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        listener.bind(f"/proc/self/fd/{directory_fd}/{os.path.basename(path)}")
        os.close(directory_fd)
        listener.listen(1)
        started = execution.start(invocation.engine, container, request, stdin_fd=None, stdout_fd=None, stderr_fd=None, console_socket=path)
        master_fd = _receive_master(listener, started.pid)
    finally:
        listener.close()
        if os.path.exists(path):
            os.unlink(path)
    escaped = False
    if master_fd >= 0:
        try:
            with terminal.RawTerminal(0 if stdin else None):
                _follow_size(master_fd)
                signal.signal(signal.SIGHUP, _hang_up)
                escaped = not _carry_terminal(started, master_fd, detach, stdin=stdin)
        except KeyboardInterrupt:
            _leave(master_fd)
            raise
    if escaped:
        _leave(master_fd)
        raise Bare("read escape sequence")
    return started.finish(os.waitstatus_to_exitcode(os.waitpid(started.pid, 0)[1]))


def _hang_up(number: int, frame: FrameType | None) -> None:
    """The terminal of this program is gone, which does not end the process."""
    raise interrupts.Told(_HUNG_UP)


def _leave(master_fd: int) -> None:
    """Let the process go on without us: a child keeps its terminal, and takes what it writes, until it ends."""
    ready_read, ready_write = os.pipe()
    if os.fork():
        os.close(ready_write)
        os.read(ready_read, 1)  # our end would hang up on a child that is still of our session
        os.close(ready_read)
        return
    try:
        os.setsid()
        os.dup2(master_fd, 0)
        null_fd = os.open(os.devnull, os.O_RDWR)
        for fd in (1, 2):
            os.dup2(null_fd, fd)
        os.closerange(3, 4096)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        while attach.poll({0: select.POLLIN}, None) and os.read(0, _BLOCK_BYTES):
            continue
    finally:  # EIO: nobody has the other end
        os._exit(0)


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


def _carry_terminal(started: Execution, master_fd: int, detach: attach.DetachKeys, *, stdin: bool) -> bool:
    poller = select.poll()
    poller.register(master_fd, select.POLLIN)
    if stdin:
        poller.register(0, select.POLLIN)
    pid_fd = os.pidfd_open(started.pid)
    poller.register(pid_fd, select.POLLIN)
    gone = False
    try:
        while True:
            events = attach.wait(poller, 0 if gone else None)
            if gone and not any(fd == master_fd for fd, _ in events):
                return True
            for fd, _ in events:
                if fd == pid_fd:
                    gone = True
                    poller.unregister(pid_fd)
                elif fd == master_fd:
                    try:
                        data = os.read(master_fd, _BLOCK_BYTES)
                    except OSError:  # EIO: nobody has the other end
                        return True
                    if not started.failed_with(data):
                        attach.write_all(1, data)
                else:
                    data = attach.read_some(0) or b""
                    if not data:
                        poller.unregister(0)
                        continue
                    data, detached = detach.feed(data)
                    attach.write_all(master_fd, data)
                    if detached:
                        return False
    finally:
        os.close(pid_fd)


def _follow_size(master_fd: int) -> None:
    import fcntl
    import struct
    import termios

    def apply(number: int = 0, frame: FrameType | None = None) -> None:
        rows, columns = terminal.size(1)
        if rows:
            fcntl.ioctl(master_fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    apply()
    signal.signal(signal.SIGWINCH, apply)
