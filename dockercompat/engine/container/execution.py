"""`exec`: one more process in a running container, started by crun from a process document."""

from __future__ import annotations

import os
import select
import time

from dockercompat import json
from dockercompat.engine.container import exec_sessions, group
from dockercompat.engine.container.child import Child
from dockercompat.engine.system import events
from dockercompat.errors import CommandNotExecutable, CommandNotFound, Conflict, InvalidParameter
from dockercompat.host.run import spawn, wait
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.runtime import bundle, capabilities, crun, users
from dockercompat.spec import utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.system.events import Event
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms


_PROCESS_FD, _LOG_FD, _PID_FD = 3, 4, 5
_RUNTIME_LOG_S = 0.2  # between crun's word on stderr and the same in its log
_RUNTIME_WORDS = (b"executable ", b"open executable", b"exec ", b"chdir ", b"execute ", b"\x1b[1;31m")


class Request(Record):
    """What to run and how. Unset words are the container's own: its user, directory and environment."""

    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""
    tty: bool = False
    privileged: bool = False
    console_size: tuple[int, int] = (0, 0)


def new_id() -> str:
    return os.urandom(32).hex()


def words_of(args: Sequence[str]) -> str:
    """A command as events have it."""
    return f"{args[0]} {' '.join(args[1:])}" if args else ""


class Told:
    """What is told of one exec: its events, all with its id, and that it runs, which inspect shows. A detached one's end is told apart."""

    def __init__(self, engine: Engine, container: Container, args: Sequence[str], *, detached: bool, exec_id: str = "") -> None:
        """exec_id: of one that was made before it is started; it is remembered after its end."""
        self._engine = engine
        self._container = container
        self._detached = detached
        self._words = words_of(args)
        self._id = exec_id or new_id()
        self._is_kept = bool(exec_id)

    def _event(self, action: str, **more: str) -> Event:
        return ("container", action, self._container.id, self._container.attributes(execID=self._id, **more))

    def started(self) -> None:
        actions = ("exec_start",) if self._is_kept else ("exec_create", "exec_start")
        events.record_many(self._engine, [self._event(f"{action}: {self._words}") for action in actions])

    def runs(self, pid: int) -> None:
        """pid: its process, or crun's that waits for it."""
        exec_sessions.runs(self._engine, self._container.id, self._id, pid)

    def ended(self, status: int) -> None:
        if not self._detached:
            self.died(status)

    def died(self, status: int) -> None:
        self.failed(status)
        events.record_many(self._engine, [self._event("exec_die", exitCode=str(status))])

    def failed(self, status: int) -> None:
        """It has ended, or could not be started."""
        if self._is_kept:
            exec_sessions.ended(self._engine, self._id, status)
        else:
            exec_sessions.forget(self._engine, self._id)


class Execution:
    """A started exec: crun's pid, where crun writes its own errors, and what it was asked to run."""

    def __init__(self, pid: int, log_fd: int, args: Sequence[str], told: Told) -> None:
        self.pid = pid
        self.told = told
        self._log_fd = log_fd
        self._args = args

    def failed_with(self, data: bytes) -> bool:
        """Whether this output is the runtime's own word that it could not start the process; `finish` says it better."""
        if not data.startswith(_RUNTIME_WORDS):
            return False
        deadline = time.monotonic() + _RUNTIME_LOG_S
        while not (logged := os.pread(self._log_fd, 4096, 0)) and time.monotonic() < deadline:
            time.sleep(0.001)
        return bool(logged)

    def kill(self) -> None:
        """End the process in the container and wait for crun, which reaps it; crun too is killed when it does not go."""
        pid_fd = os.pidfd_open(self.pid)
        try:
            for pid in _children(self.pid) or [self.pid]:
                _kill(pid)
            if not select.select([pid_fd], [], [], 1)[0]:
                _kill(self.pid)
            os.waitpid(self.pid, 0)
        finally:
            os.close(pid_fd)

    def close(self) -> None:
        """Give up the log of one whose end does not matter."""
        os.close(self._log_fd)

    def finish(self, status: int) -> int:
        """The exit status for a door: that of the process. Raises when crun could not start it, in docker's words."""
        message = os.pread(self._log_fd, 4096, 0).decode(errors="replace")
        self.close()
        if message.strip() and status > 0:
            error = failure(message, self._args)
            self.told.failed(error.exit_status)
            raise error
        status = 128 - status if status < 0 else status
        self.told.ended(status)
        return status


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


class NotAPath(CommandNotExecutable):
    """A working directory that is none."""

    exit_status = 128  # docker's status where no process came to be


def check_user(container: Container, user: str) -> None:
    """Raises InvalidParameter when a running container has no such user or group."""
    try:
        if user:
            users.identify(user, users.from_root(f"/proc/{container.pid}/root"))
    except users.NoSuchUser as error:
        raise InvalidParameter(str(error)) from None


def require_running(container: Container, ref: str) -> None:
    """Raise Conflict when one can't execute in a container now; ref is what it was called by."""
    if container.status == "paused":
        raise Conflict(f"Container {ref} is paused, unpause the container before exec")
    if container.status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    if not container.is_alive:
        raise Conflict(f"container {container.id} is not running")


def start(
    engine: Engine,
    container: Container,
    request: Request,
    *,
    stdin_fd: int | None,
    stdout_fd: int | None,
    stderr_fd: int | None,
    console_socket: str = "",
    exec_id: str = "",
) -> Execution:
    """Start a process; the caller waits for `pid` and hands the status to `finish`.

    *_fd            its streams, None for /dev/null; without a terminal
    console_socket  with a terminal: where crun sends the descriptor of its master end
    exec_id         of one that exec_sessions remembers
    """
    flags = [f"--console-socket={console_socket}"] if console_socket else []
    return _spawn(engine, container, request, flags, stdin_fd, stdout_fd, stderr_fd, exec_id=exec_id)


def start_detached(engine: Engine, container: Container, request: Request, *, exec_id: str = "") -> None:
    """Start a process and leave it alone; a child of ours stays until it ends and tells that."""
    Child(lambda send: _tend(engine.for_thread(), container, request, exec_id, send)).answer()


def _tend(engine: Engine, container: Container, request: Request, exec_id: str, send: Callable[[Any], None]) -> None:
    """In a child process: start the process detached, say so, and wait for its end, which this kernel hands to a subreaper."""
    os.setsid()
    null_fd = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if fd > 2 and _is_inherited(fd):
            os.close(fd)  # what the shell gave its command: whoever waits for its end waits for the command alone
    for fd in range(3):
        os.dup2(null_fd, fd)
    syscall.prctl(syscall.PR_SET_CHILD_SUBREAPER, 1)
    pid_fd = os.memfd_create("pid")
    started = _spawn(engine, container, request, ["--detach"], None, None, None, detached=True, pid_fd=pid_fd, exec_id=exec_id)
    started.finish(wait(started.pid))
    pid = int(os.pread(pid_fd, 32, 0) or b"0")
    started.told.runs(pid)
    send(None)
    started.told.died(_status_of(pid))
    os._exit(0)


def _is_inherited(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:  # that of the listing
        return False


def _status_of(pid: int) -> int:
    """Wait for a process and for what else comes to us; its exit status as a shell says it."""
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:  # it did not come to us
            return 0
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code


def spawn_probe(engine: Engine, container: Container, args: Sequence[str], output_fd: int) -> Execution:
    """Start a health check whose output goes to one descriptor."""
    return _spawn(engine, container, Request(tuple(args)), [], None, output_fd, output_fd)


def _spawn(
    engine: Engine,
    container: Container,
    request: Request,
    flags: list[str],
    stdin_fd: int | None,
    stdout_fd: int | None,
    stderr_fd: int | None,
    *,
    detached: bool = False,
    pid_fd: int = -1,
    exec_id: str = "",
) -> Execution:
    told = Told(engine, container, utf8.valid(request.args), detached=detached, exec_id=exec_id)
    if request.cwd and not request.cwd.startswith("/"):
        told.failed(NotAPath.exit_status)
        raise NotAPath("OCI runtime exec failed: exec failed: Cwd must be an absolute path")
    document = json.dumps(utf8.valid(_process(engine, container, request))).encode(errors="surrogateescape")
    process_fd, log_fd = os.memfd_create("process"), os.memfd_create("log")  # files would stay behind, one for each health check
    try:
        os.write(process_fd, document)
        grouped = bool(group.of(engine, container.id))
        pid_file = f"/proc/self/fd/{_PID_FD}" if pid_fd >= 0 else ""
        argv = crun.exec_argv(
            container.id, f"/proc/self/fd/{_PROCESS_FD}", root_dir=engine.paths.crun_dir, grouped=grouped, pid_file=pid_file
        )
        argv[1:1] = [f"--log=/proc/self/fd/{_LOG_FD}"]
        argv[-1:-1] = flags
        kept = {process_fd: _PROCESS_FD, log_fd: _LOG_FD, **({pid_fd: _PID_FD} if pid_fd >= 0 else {})}
        before = group.tree(engine).enter if grouped else None
        pid = spawn(
            argv, stdin_fd=stdin_fd, stdout_fd=stdout_fd, stderr_fd=stderr_fd, keep_fds=kept, new_session=True, cwd="/", before_exec=before
        )
    except BaseException:
        os.close(log_fd)
        raise
    finally:
        os.close(process_fd)
    told.started()
    if not detached:
        told.runs(pid)
    return Execution(pid, log_fd, request.args, told)


def _process(engine: Engine, container: Container, request: Request) -> dict[str, Any]:
    """The process document."""
    bundle_dir = engine.paths.bundle_dir(container.id)
    try:
        with open(f"{bundle_dir}/config.json", encoding="utf-8", errors="surrogateescape") as file:
            first = json.load(file)["process"]
    except OSError:
        raise Conflict(f"container {container.id} is not running") from None
    identity = users.identify(
        request.user or container.config.get("User") or "",
        users.from_root(f"/proc/{container.pid}/root"),
        () if request.user else container.host_config.get("GroupAdd") or (),
    )
    env = _environment(first["env"], container.config.get("Env") or (), request, identity.home)
    held = capabilities.of({"Privileged": True}) if request.privileged else first["capabilities"]["bounding"]
    process = bundle.Process(
        args=request.args,
        env=tuple(env),
        cwd=request.cwd or first["cwd"],
        uid=identity.uid,
        gid=identity.gid,
        groups=identity.groups,
        terminal=request.tty,
        console_size=request.console_size,
    )
    return bundle.process_document(process, container.host_config, held)


def _environment(base: Sequence[str], own: Sequence[str], request: Request, home: str) -> list[str]:
    """Of a command in a container: docker's own variables, the container's, those asked for, HOME last unless somebody set it.

    base  of the container's first process; own: what its image and its user set
    A bare name takes a variable of the container away, not one that is asked for.
    """
    set_names = {entry.partition("=")[0] for entry in own}
    values: dict[str, str] = {}
    for entry in base:
        name = entry.partition("=")[0]
        if name in set_names or name not in ("HOME", "TERM"):
            values[name] = entry
        if name == "HOSTNAME" and request.tty and "TERM" not in set_names:
            values["TERM"] = "TERM=xterm"
    inherited = set(values)
    for entry in request.env:
        name, equals, _ = entry.partition("=")
        if equals:
            values[name] = entry
        elif name in inherited:
            values.pop(name, None)
    values.setdefault("HOME", f"HOME={home}")
    return list(values.values())


def failure(message: str, args: Sequence[str]) -> CommandNotFound | CommandNotExecutable:
    """crun's reason in the words that docker's exec uses."""
    error = crun.failure(message, args)
    prefix = "OCI runtime exec failed: exec failed: unable to start container process: "
    if isinstance(error, crun.NoDirectory):
        return CommandNotFound(
            f'{prefix}chdir to cwd ("{error.path}") set in config.json failed: not a directory: {crun.NOT_A_DIRECTORY_ADVICE}'
        )
    reason = str(error).rpartition("error during container init: ")[2]
    if isinstance(error, CommandNotFound):
        return CommandNotFound(prefix + reason)
    if isinstance(error, CommandNotExecutable):
        return CommandNotExecutable(prefix + reason)
    return CommandNotExecutable(prefix + reason.removeprefix(crun.CREATE_PREFIX))  # docker's status of whatever else
