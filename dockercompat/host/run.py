"""The only file that starts other programs: posix_spawn or fork and exec, no shell, no subprocess module (10 ms to import)."""

from __future__ import annotations

import os

from dockercompat.errors import HostLacks, ToolFailed
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = {
    "newuidmap": "uidmap",
    "newgidmap": "uidmap",
    "nft": "nftables",
    "pasta": "passt",
    "fusermount3": "fuse3",
    "catatonit": "catatonit",
}
_found: dict[str, str] = {}


class Result(Record):
    """What a program that ran to its end left: status is negative when a signal ended it."""

    status: int
    stdout: bytes
    stderr: bytes


def find(program: str) -> str | None:
    """Full path of a program, looked up in PATH and then where distributions keep root's tools; None when it is not installed."""
    if "/" in program:
        return program if os.access(program, os.X_OK) else None
    if program not in _found:
        for directory in (os.environ.get("PATH", "") + ":" + SYSTEM_PATH).split(":"):
            path = os.path.join(directory or ".", program)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                _found[program] = path
                break
        else:
            return None
    return _found[program]


def require(program: str) -> str:
    """Full path of a program. Raises HostLacks, naming the package, when it is not installed."""
    path = find(program)
    if path is None:
        raise HostLacks(f"{program} is not installed.", install_hint(program))
    return path


def install_hint(program: str) -> str:
    """The command that installs a program on the systems that this one is made for."""
    return f"sudo apt-get install -y {_PACKAGES.get(program, program)}"


def spawn(
    argv: Sequence[str],
    *,
    stdin_fd: int | None = None,
    stdout_fd: int | None = None,
    stderr_fd: int | None = None,
    keep_fds: Mapping[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    new_session: bool = False,
    before_exec: Callable[[], None] | None = None,
) -> int:
    """Start a program and return its pid; the caller waits for it.

    std*_fd      None is /dev/null
    keep_fds     descriptor of ours -> number in the program; everything else is closed in it
    before_exec  runs in the child between fork and exec (to join or make namespaces); an exception there ends it with 127
    Raises       HostLacks when the program is not installed
    """
    path = require(argv[0])
    environment = dict(os.environ if env is None else env)
    fds = {0: stdin_fd, 1: stdout_fd, 2: stderr_fd}
    kept = dict(keep_fds or {})
    pid = os.fork()
    if pid:
        return pid
    try:
        _become(path, argv, fds, kept, environment, cwd, new_session, before_exec)
    except BaseException as error:  # a forked child must never return into the parent's code
        os.write(2, f"{argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def _become(
    path: str,
    argv: Sequence[str],
    std_fds: dict[int, int | None],
    kept: dict[int, int],
    env: dict[str, str],
    cwd: str | None,
    new_session: bool,
    before_exec: Callable[[], None] | None,
) -> None:
    null_fd = os.open(os.devnull, os.O_RDWR)
    floor = max([3, *kept.values()]) + 64  # lift every source above all targets first, so that no dup2 overwrites a source
    wanted = {target: null_fd if source is None else source for target, source in std_fds.items()}
    wanted.update({target: source for source, target in kept.items()})
    import fcntl

    lifted = {target: fcntl.fcntl(source, fcntl.F_DUPFD, floor) for target, source in wanted.items()}
    if new_session:
        os.setsid()
    for target, source in lifted.items():
        os.dup2(source, target, inheritable=True)
    top = max(wanted) + 1
    for number in range(3, top):
        if number not in wanted:
            try:
                os.close(number)
            except OSError:
                continue
    if before_exec is not None:
        before_exec()
    os.closerange(top, 4096)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if cwd is not None:
        os.chdir(cwd)
    os.execve(path, list(argv), env)


def start_here(argv: Sequence[str], env: Mapping[str, str], *, stdout_fd: int = 1) -> int:
    """Start a program on this process's own streams, in its group and session, and return its pid; the caller waits for it.

    argv    the full path of the program first
    Raises  OSError as execve gives it
    """
    return os.posix_spawn(
        argv[0],
        list(argv),
        dict(env),
        file_actions=[(os.POSIX_SPAWN_DUP2, stdout_fd, 1)],
        setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT),
        setsigmask=(),
    )


def capture_here(argv: Sequence[str], env: Mapping[str, str]) -> tuple[int, bytes]:
    """Run a program on this process's own streams but for its standard output; its status (see wait) and that output.

    Raises  OSError as execve gives it
    """
    out_read, out_write = os.pipe()
    try:
        pid = start_here(argv, env, stdout_fd=out_write)
    except OSError:
        os.close(out_read)
        raise
    finally:
        os.close(out_write)
    with open(out_read, "rb") as file:
        output = file.read()
    return wait(pid), output


def wait(pid: int) -> int:
    """Wait for a child; its exit status, or minus the number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def capture(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    before_exec: Callable[[], None] | None = None,
) -> Result:
    """Run a program to its end and return status and output, whatever the status is."""
    require(argv[0])  # before there is a descriptor to close
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    in_fd: int | None = None
    if stdin:
        in_fd = os.memfd_create("stdin")
        os.write(in_fd, stdin)
        os.lseek(in_fd, 0, os.SEEK_SET)
    try:
        pid = spawn(argv, stdin_fd=in_fd, stdout_fd=out_write, stderr_fd=err_write, env=env, cwd=cwd, before_exec=before_exec)
    finally:
        os.close(out_write)
        os.close(err_write)
        if in_fd is not None:
            os.close(in_fd)
    out, err = _drain(out_read, err_read)
    return Result(wait(pid), out, err)


def _drain(out_fd: int, err_fd: int) -> tuple[bytes, bytes]:
    import select

    chunks: dict[int, list[bytes]] = {out_fd: [], err_fd: []}
    poller = select.poll()
    for fd in chunks:
        poller.register(fd, select.POLLIN)
    open_fds = set(chunks)
    while open_fds:
        for fd, _ in poller.poll():
            data = os.read(fd, 65536)
            if data:
                chunks[fd].append(data)
            else:
                poller.unregister(fd)
                open_fds.discard(fd)
                os.close(fd)
    return b"".join(chunks[out_fd]), b"".join(chunks[err_fd])


def run(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    before_exec: Callable[[], None] | None = None,
) -> bytes:
    """Run a program to its end and return its standard output.

    Raises  ToolFailed(argv, status, stderr) when it fails, HostLacks when it is not installed
    """
    result = capture(argv, stdin=stdin, env=env, cwd=cwd, before_exec=before_exec)
    if result.status:
        raise ToolFailed(tuple(argv), result.status, result.stderr.decode(errors="replace").strip())
    return result.stdout
