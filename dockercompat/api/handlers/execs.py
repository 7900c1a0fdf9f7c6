"""/exec: commands in running containers, made, started, resized and asked about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dockercompat.api.frames import SocketStreams
from dockercompat.api.http import ClientGone
from dockercompat.engine.container import exec_sessions, exec_streams, execution, state
from dockercompat.engine.system import events
from dockercompat.errors import ClientError, CommandNotExecutable, CommandNotFound, Conflict, DockerError, InvalidParameter
from dockercompat.runtime import attach, terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.api.call import Call
    from dockercompat.engine.container.exec_sessions import Session
    from dockercompat.engine.container.state import Container


def create(call: Call) -> None:
    body = call.document("container.ExecOptions") or {}
    if not body.get("Cmd"):
        raise InvalidParameter("No exec command specified")
    ref = call.params["id"]
    container = state.current(call.engine, ref)
    execution.require_running(container, ref)
    _keys(body)
    execution.check_user(container, body.get("User") or "")
    exec_id = execution.new_id()
    exec_sessions.make(call.engine, container, exec_id, body)
    words = execution.words_of(body["Cmd"])
    events.record(call.engine, "container", f"exec_create: {words}", container.id, container.attributes(execID=exec_id))
    call.answer({"Id": exec_id}, 201)


def _keys(body: dict[str, Any]) -> bytes:
    text = body.get("DetachKeys") or attach.DEFAULT_DETACH_KEYS
    try:
        return attach.parse_detach_keys(text)
    except ClientError:
        raise DockerError(f"Invalid escape keys ({text}) provided") from None


def start(call: Call) -> None:
    """Start an exec: detached, or with its streams on the client's socket until it ends."""
    body = call.document("container.ExecStartOptions") or {}
    session = exec_sessions.load(call.engine, call.params["id"])
    container = _container(call, session)
    asked = session.request
    detached = bool(body.get("Detach"))
    size = body.get("ConsoleSize") or asked.get("ConsoleSize") or (0, 0)
    request = execution.Request(
        args=tuple(asked["Cmd"]),
        env=tuple(asked.get("Env") or ()),
        user=asked.get("User") or "",
        cwd=asked.get("WorkingDir") or "",
        tty=bool(asked.get("Tty")) and not detached,
        privileged=bool(asked.get("Privileged")),
        console_size=(int(size[0]), int(size[1])),
    )
    session = exec_sessions.claim(call.engine, session.id)
    if detached:
        execution.start_detached(call.engine, container, request, exec_id=session.id)
        call.connection.answer(200, b"")
        return
    is_raw = bool(body.get("Tty"))  # how output is sent follows from this call, as with docker, not from the process's terminal
    typed = call.connection.hijack(
        call.stream_type(tty=is_raw) if call.wants_upgrade else "application/vnd.docker.raw-stream", upgrade=call.wants_upgrade
    )
    stdin = bool(asked.get("AttachStdin"))
    wanted = tuple(number for number, name in ((1, "AttachStdout"), (2, "AttachStderr")) if asked.get(name))
    fd = call.connection.sock.fileno()
    streams = _Streams(stdin_fd=fd if stdin else None, socket_fd=fd, tty=is_raw, wanted=wanted)
    typed = typed if stdin else b""
    try:
        if request.tty:
            _with_terminal(call, container, request, streams, session, typed)
        else:
            exec_streams.with_pipes(call.engine, container, request, streams, typed=typed, exec_id=session.id)
    except (CommandNotFound, CommandNotExecutable) as error:
        SocketStreams(socket_fd=fd, tty=is_raw).deliver(1, memoryview(f"{error}\r\n".encode(errors="surrogateescape")))


class _Streams(SocketStreams):
    """When the client goes, the process goes on, and what it says is lost, as with docker."""

    def deliver(self, number: int, data: memoryview) -> None:
        try:
            super().deliver(number, data)
        except ClientGone:
            _let_go(self.socket_fd)


def _let_go(socket_fd: int) -> None:
    """Have nobody at the other end of a client's descriptor any more."""
    null_fd = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(null_fd, socket_fd, inheritable=False)
    os.close(null_fd)


def _with_terminal(
    call: Call, container: Container, request: execution.Request, streams: SocketStreams, session: Session, typed: bytes
) -> None:
    control = _control_path(call, session)
    os.mkfifo(control, 0o600)
    control_fd = os.open(control, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        started = exec_streams.start_with_terminal(call.engine, container, request, exec_id=session.id)
        if started.master_fd >= 0:
            detach = attach.DetachKeys(_keys(session.request))
            others = {control_fd: _resizer(control_fd, started.master_fd)}
            if not started.carry(streams, detach, typed=typed, others=others):
                events.record(call.engine, "container", "exec_detach", container.id, container.attributes(execID=session.id))
                call.connection.part()
                _let_go(streams.socket_fd)
                started.carry(_Streams(socket_fd=streams.socket_fd, tty=True), attach.DetachKeys(b""), others=others)
        started.finish()
    finally:
        os.close(control_fd)
        try:
            os.unlink(control)
        except FileNotFoundError:
            pass


def _resizer(control_fd: int, master_fd: int) -> Callable[[], None]:
    def apply() -> None:
        lines = os.read(control_fd, 4096).split(b"\n")
        if len(lines) > 1:
            rows, columns = (int(word) for word in lines[-2].split())
            terminal.set_size(master_fd, rows, columns)

    return apply


def _control_path(call: Call, session: Session) -> str:
    return f"{call.engine.paths.bundle_dir(session.container_id)}/exec-{session.id}.size"


def _container(call: Call, session: Session) -> Container:
    container = state.current(call.engine, session.container_id)
    if container.status == "paused":
        raise Conflict(f"container {container.id} is paused, unpause the container before exec")
    execution.require_running(container, container.id)
    return container


def resize(call: Call) -> None:
    from dockercompat.api.handlers.containers import dimension

    rows, columns = dimension(call, "h", "height"), dimension(call, "w", "width")
    session = exec_sessions.load(call.engine, call.params["id"])
    try:
        fd = os.open(_control_path(call, session), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if session.running:
            call.connection.answer(200, b"")
            return
        raise Conflict(f"exec {session.id} is not running") from None
    try:
        os.write(fd, f"{rows} {columns}\n".encode())
    finally:
        os.close(fd)
    call.connection.answer(200, b"")


def inspect(call: Call) -> dict[str, Any]:
    session = exec_sessions.load(call.engine, call.params["id"])
    asked = session.request
    words = asked.get("Cmd") or [""]
    return {
        "ID": session.id,
        "Running": session.running,
        "ExitCode": session.exit_code,
        "ProcessConfig": {
            "tty": bool(asked.get("Tty")),
            "entrypoint": words[0],
            "arguments": words[1:],
            "privileged": bool(asked.get("Privileged")),
            **({"user": asked["User"]} if asked.get("User") else {}),
        },
        "OpenStdin": bool(asked.get("AttachStdin")),
        "OpenStderr": bool(asked.get("AttachStderr")),
        "OpenStdout": bool(asked.get("AttachStdout")),
        "CanRemove": False,
        "ContainerID": session.container_id,
        "DetachKeys": "",
        "Pid": session.pid,
    }
