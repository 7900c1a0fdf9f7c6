"""`exec`: one more process in a running container, started by crun from a process document."""

from __future__ import annotations

import json
import os

from dockercompat.engine.container import state
from dockercompat.engine.system.events import record
from dockercompat.errors import CommandNotExecutable, CommandNotFound, Conflict, DockerError
from dockercompat.host.run import capture, spawn
from dockercompat.record import Record
from dockercompat.runtime import bundle, crun, users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


class Request(Record):
    """What to run and how. Unset words are the container's own: its user, directory and environment."""

    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""
    tty: bool = False
    privileged: bool = False
    console_size: tuple[int, int] = (0, 0)


class Execution:
    """A started exec: crun's pid, where it writes its own errors, and what it was asked to run."""

    def __init__(self, pid: int, log_path: str, args: tuple[str, ...]) -> None:
        self.pid = pid
        self.log_path = log_path
        self.args = args

    def finish(self, status: int) -> int:
        """The exit status for a door: that of the process. Raises when crun could not start it, in docker's words."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                message = file.read()
        except OSError:
            message = ""
        try:
            os.unlink(self.log_path)
        except FileNotFoundError:
            pass
        if status < 0:
            return 128 - status
        if message.strip() and status:
            raise failure(message, self.args)
        return status


def running(engine: Engine, ref: str) -> Container:
    """The container to execute in. Raises NoSuchContainer, or Conflict when it does not run."""
    container = state.current(engine, ref)
    if container.status == "paused":
        raise Conflict(f"Container {ref} is paused, unpause the container before exec")
    if container.status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    if not container.is_alive:
        raise Conflict(f"container {container.id} is not running")
    return container


def start(
    engine: Engine,
    container: Container,
    request: Request,
    *,
    stdin_fd: int | None,
    stdout_fd: int | None,
    stderr_fd: int | None,
    console_socket: str = "",
) -> Execution:
    """Start a process; the caller waits for `pid` and hands the status to `finish`.

    *_fd            its streams, None for /dev/null; without a terminal
    console_socket  with a terminal: where crun sends the descriptor of its master end
    """
    process_path, log_path = _write_process(engine, container, request)
    argv = crun.exec_argv(container.id, process_path, root_dir=engine.paths.crun_dir, systemd=_systemd(engine, container))
    argv[1:1] = [f"--log={log_path}"]
    if console_socket:
        argv[-1:-1] = [f"--console-socket={console_socket}"]
    words = " ".join(request.args)
    record(engine, "container", f"exec_create: {words}", container.id, container.attributes())
    pid = spawn(argv, stdin_fd=stdin_fd, stdout_fd=stdout_fd, stderr_fd=stderr_fd, new_session=True, cwd="/")
    record(engine, "container", f"exec_start: {words}", container.id, container.attributes())
    return Execution(pid, log_path, request.args)


def start_detached(engine: Engine, container: Container, request: Request) -> None:
    """Start a process and leave it alone."""
    process_path, log_path = _write_process(engine, container, request)
    argv = crun.exec_argv(container.id, process_path, root_dir=engine.paths.crun_dir, systemd=_systemd(engine, container), detach=True)
    argv[1:1] = [f"--log={log_path}"]
    result = capture(argv, cwd="/")
    Execution(0, log_path, request.args).finish(result.status)


def spawn_probe(engine: Engine, container: Container, args: Sequence[str], output_fd: int) -> int:
    """Start a health check whose output goes to one descriptor; its pid."""
    process_path, _ = _write_process(engine, container, Request(tuple(args)))
    argv = crun.exec_argv(container.id, process_path, root_dir=engine.paths.crun_dir, systemd=_systemd(engine, container))
    return spawn(argv, stdout_fd=output_fd, stderr_fd=output_fd, new_session=True, cwd="/")


def _systemd(engine: Engine, container: Container) -> bool:
    return os.path.exists(f"{engine.paths.bundle_dir(container.id)}/systemd")


def _write_process(engine: Engine, container: Container, request: Request) -> tuple[str, str]:
    """Write the process document beside the bundle; its path, and that of a log for crun's own errors."""
    bundle_dir = engine.paths.bundle_dir(container.id)
    try:
        with open(f"{bundle_dir}/config.json", encoding="utf-8", errors="surrogateescape") as file:
            first = json.load(file)["process"]
    except OSError:
        raise Conflict(f"container {container.id} is not running") from None
    try:
        identity = users.identify(
            request.user or container.config.get("User") or "",
            users.from_root(f"/proc/{container.pid}/root"),
            () if request.user else container.host_config.get("GroupAdd") or (),
        )
    except users.NoSuchUser as error:
        raise CommandNotExecutable(str(error)) from None
    env = _environment(first["env"], request, identity.home)
    capabilities = bundle.capability_set({"Privileged": True}) if request.privileged else first["capabilities"]["bounding"]
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
    document = bundle.process_document(process, container.host_config, capabilities)
    name = os.urandom(8).hex()
    path = f"{bundle_dir}/exec-{name}.json"
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(document, file)
    return path, f"{bundle_dir}/exec-{name}.log"


def _environment(base: Sequence[str], request: Request, home: str) -> list[str]:
    values = {entry.partition("=")[0]: entry for entry in base}
    if request.user:
        values["HOME"] = f"HOME={home}"
    if request.tty:
        values.setdefault("TERM", "TERM=xterm")
    for entry in request.env:
        name, equals, _ = entry.partition("=")
        if equals:
            values[name] = entry
        else:
            values.pop(name, None)
    return list(values.values())


def failure(message: str, args: Sequence[str]) -> DockerError:
    """crun's reason in the words that docker's exec uses."""
    error = crun.failure(message, args)
    prefix = "OCI runtime exec failed: exec failed: unable to start container process: "
    reason = str(error).rpartition("error during container init: ")[2]
    if isinstance(error, CommandNotFound):
        return CommandNotFound(prefix + reason)
    if isinstance(error, CommandNotExecutable):
        return CommandNotExecutable(prefix + reason)
    return DockerError(prefix + reason)
