"""`exec`: streams, terminal and status of one more process in a container."""

from __future__ import annotations

import os
import select

from dockercompat.cli import attaching, interrupts
from dockercompat.errors import Bare, ClientError, CommandNotExecutable, CommandNotFound, DockerError, InvalidParameter
from dockercompat.runtime import attach, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.container.execution import Request
    from dockercompat.engine.container.state import Container
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

_BLOCK_BYTES = 1 << 16
_HUNG_UP = 129
_INTERRUPTED = 130


def exec_in_container(invocation: Invocation) -> int:
    """Run a command in a running container; its exit status, 126 or 127 when it can't be started."""
    if invocation.remote is not None:
        from dockercompat.cli.remote_running import execute

        return execute(invocation, invocation.remote)
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
            return _detached(invocation, container, request)
        if request.tty:
            return _with_terminal(invocation, container, request, attach.DetachKeys(keys), stdin=stdin)
        return _with_pipes(invocation, container, request, stdin=stdin)
    except KeyboardInterrupt as told:
        if getattr(told, "status", _INTERRUPTED) > _HUNG_UP:  # SIGINT, SIGTERM: docker takes that for success
            return 0
        raise
    except (CommandNotFound, CommandNotExecutable) as error:
        attach.write_all(1, f"{error}\r\n".encode(errors="surrogateescape"))  # docker's streams are joined by then
        return error.exit_status


def _detached(invocation: Invocation, container: Container, request: Request) -> int:
    from dockercompat.engine.container import execution

    try:
        execution.start_detached(invocation.engine, container, request)
    except DockerError as error:
        raise DockerError(str(error)) from None  # statuses of their own are for who waits
    return 0


def _with_pipes(invocation: Invocation, container: Container, request: Request, *, stdin: bool) -> int:
    from dockercompat.engine.container import exec_streams

    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return exec_streams.with_pipes(invocation.engine, container, request, _Own(0 if stdin else None, 1, 2))


class _Own(attach.Streams):
    """Our own streams; a closed one ends this program as it does any other."""

    def deliver(self, number: int, data: memoryview) -> None:
        attach.write_all(number, data)


def _with_terminal(invocation: Invocation, container: Container, request: Request, detach: attach.DetachKeys, *, stdin: bool) -> int:
    from dockercompat.engine.container import exec_streams

    terminal_of = exec_streams.start_with_terminal(invocation.engine, container, request)
    escaped = False
    if terminal_of.master_fd >= 0:
        try:
            with terminal.RawTerminal(0 if stdin else None):
                _follow_size(terminal_of.master_fd)
                signal.signal(signal.SIGHUP, _hang_up)
                escaped = not terminal_of.carry(_Own(0 if stdin else None, 1, 2), detach)
        except KeyboardInterrupt:
            _leave(terminal_of.master_fd)
            raise
    if escaped:
        _leave(terminal_of.master_fd)
        raise Bare("read escape sequence")
    return terminal_of.finish()


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


def _follow_size(master_fd: int) -> None:
    def apply(number: int = 0, frame: FrameType | None = None) -> None:
        rows, columns = terminal.size(1)
        if rows:
            terminal.set_size(master_fd, rows, columns)

    apply()
    signal.signal(signal.SIGWINCH, apply)
