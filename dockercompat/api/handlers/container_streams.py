"""/containers: what goes on for as long as a client listens: attach, logs, wait."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from dockercompat.api.call import JSON, RAW_STREAM
from dockercompat.api.frames import SocketStreams, frame
from dockercompat.api.http import ClientGone, to_json
from dockercompat.api.vanish import Watch
from dockercompat.engine.container import state
from dockercompat.errors import ClientError, Conflict, DockerError, InvalidParameter, NoSuchContainer
from dockercompat.runtime import attach as monitor

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

    from dockercompat.api.call import Call
    from dockercompat.engine.container.state import Container

_CONDITIONS = ("not-running", "next-exit", "removed")


def wait(call: Call) -> None:
    """Answers at once with the head, and with the exit code when the condition has come true."""
    from dockercompat.engine.container import stop, waiting

    condition = call.text("condition", "not-running") or "not-running"
    if condition not in _CONDITIONS:
        raise InvalidParameter(f'invalid condition: "{condition}"')
    container = state.current(call.engine, call.params["id"])
    waiter = waiting.Waiter(call.engine, container.id) if condition == "next-exit" and not container.is_alive else None
    if call.version >= (1, 30):
        call.connection.begin(200, JSON)
    else:
        call.connection.lasts()
    with Watch(call.connection.sock):
        try:
            answer = {"StatusCode": stop.wait(call.engine, container.id, condition=condition, waiter=waiter)}
        except DockerError as error:
            answer = {"StatusCode": -1, "Error": {"Message": str(error)}}  # type: ignore[dict-item]
    if not call.connection.has_answered:
        call.answer(answer)
        return
    call.connection.send_body(to_json(answer))
    call.connection.end()


def attach(call: Call) -> None:
    """A container's streams on the client's socket; one that does not run yet is waited for. Refusals come in the stream, too."""
    try:
        keys = _detach_keys(call)
        container = _attachable(call)
    except DockerError as error:
        call.connection.refuse_stream(error.http_status, call.stream_type(tty=True), f"{error}\r\n".encode(errors="replace"))
        return
    tty = bool(container.config.get("Tty"))

    def begin(stdin: bool, wanted: tuple[int, ...]) -> tuple[SocketStreams, bytes]:
        content_type = call.stream_type(tty=tty) if call.wants_upgrade else RAW_STREAM
        typed = call.connection.hijack(content_type, upgrade=call.wants_upgrade)
        fd = call.connection.sock.fileno()
        wanted = wanted or (() if stdin else (1, 2))
        return SocketStreams(stdin_fd=fd if stdin else None, socket_fd=fd, tty=tty, wanted=wanted), typed if stdin else b""

    _carry(call, container, keys, begin)


def attach_websocket(call: Call) -> None:
    """As `attach`, in a WebSocket's messages; output of both kinds comes as it is."""
    from dockercompat.api import websocket

    keys = _detach_keys(call)
    container = _attachable(call)
    head = websocket.accept(call.path, list(call.headers.items()))
    if head is None:
        call.connection.answer(400, b"not websocket protocol", bare=())
        return
    made: list[websocket.WebSocketStreams] = []

    def begin(stdin: bool, wanted: tuple[int, ...]) -> tuple[SocketStreams, bytes]:
        if call.version < (1, 42):  # every stream, whatever was asked for
            stdin, wanted = bool(container.config.get("OpenStdin")), (1, 2)
        begun = call.connection.take_over(head)
        streams = websocket.streams(call.connection.sock.fileno(), wanted=wanted, stdin=stdin, text=call.version < (1, 28))
        made.append(streams)
        return streams, (streams.unpack(begun) or b"") if begun else b""

    _carry(call, container, keys, begin)
    for streams in made:
        streams.close()


def _carry(call: Call, container: Container, keys: bytes, begin: Callable[[bool, tuple[int, ...]], tuple[SocketStreams, bytes]]) -> None:
    """Join a container's streams with the client's, from before its start if need be, until it ends or the client detaches.

    begin  takes the client's socket over, with or without its standard input and for the outputs asked for; the streams and what the
           client has sent already
    """
    from dockercompat.engine.system.events import record

    tty = bool(container.config.get("Tty"))
    outputs = tuple(number for number, name in ((1, "stdout"), (2, "stderr")) if call.flag(name))
    stdin = call.flag("stdin") and bool(container.config.get("OpenStdin"))
    joined: _socket.socket | None = None
    with _Place(call, container) as place:
        if call.flag("stream") and container.is_alive:
            joined = place.join()
        streams, typed = begin(stdin, outputs)
        record(call.engine, "container", "attach", container.id, container.attributes())
        if call.flag("logs"):
            _replay(call, container, streams)
        if not call.flag("stream"):
            return
        if joined is None:
            if not place.wait():
                return
            container = state.load(call.engine, container.id)
            joined = place.join()
    if joined is None:
        return
    try:
        ended = monitor.relay(
            joined,
            streams,
            container_pid=container.pid,
            ended=lambda: state.exit_of(call.engine, container.id) is not None or not _monitored(call, container),
            detach=monitor.DetachKeys(keys) if tty and streams.takes_input else None,
            close_on_stdin_end=not tty and streams.takes_input,
            typed=typed,
        )
    finally:
        joined.close()
    if not ended:
        record(call.engine, "container", "detach", container.id, container.attributes())


def _attachable(call: Call) -> Container:
    ref = call.params["id"]
    container = state.current(call.engine, ref)
    if container.status == "paused":
        raise Conflict(f"container {ref} is paused, unpause the container before attach")
    if container.status == "restarting":
        raise Conflict(f"container {ref} is restarting, wait until the container is running")
    return container


def _monitored(call: Call, container: Container) -> bool:
    from dockercompat.runtime.conmon import lives

    return lives(call.engine.paths.bundle_dir(container.id))


class _Place:
    """Where a client waits for a container that does not run yet; given up as soon as it has joined."""

    def __init__(self, call: Call, container: Container) -> None:
        from dockercompat.engine.container import waiting

        self._call = call
        self._container = container
        self._waiter = None if container.is_alive else waiting.Waiter(call.engine, container.id)

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiter is not None:
            self._waiter.__exit__(None, None, None)

    def join(self) -> _socket.socket | None:
        """The monitor's socket, None when the container has just ended."""
        try:
            return monitor.connect(self._call.engine.paths.bundle_dir(self._container.id))
        except OSError:
            return None

    def wait(self) -> bool:
        """Wait until the container starts. False when it was removed; raises ClientGone."""
        from dockercompat.engine.container import waiting

        if self._waiter is None:
            return False
        fd = self._call.connection.sock.fileno()
        poller = select.poll()
        poller.register(self._waiter, select.POLLIN)
        poller.register(fd, select.POLLHUP)
        while True:
            for ready, _ in poller.poll():
                if ready == fd:
                    raise ClientGone
                news = self._waiter.news()
                if news:
                    return news == waiting.STARTS


def _detach_keys(call: Call) -> bytes:
    text = call.text("detachKeys") or monitor.DEFAULT_DETACH_KEYS
    try:
        return monitor.parse_detach_keys(text)
    except ClientError:
        raise InvalidParameter(f"Invalid detach keys ({text}) provided") from None


def _replay(call: Call, container: Container, streams: SocketStreams) -> None:
    from dockercompat.engine.container.logs import logs as verb

    for entry in verb(call.engine, container.id):
        streams.deliver(2 if entry.stream == "stderr" else 1, memoryview(entry.text))


def logs(call: Call) -> None:
    """A container's log, in frames unless it has a terminal."""
    from dockercompat.engine.container import logs as verb

    if not (call.flag("stdout") or call.flag("stderr")):
        raise InvalidParameter("Bad parameters: you must choose at least one stream")
    container = state.current(call.engine, call.params["id"])
    tty = bool(container.config.get("Tty"))
    entries = verb.shown_logs(
        call.engine,
        container,
        tail=_tail(call.text("tail")),
        since_ns=call.moment_ns("since") or None,
        until_ns=call.moment_ns("until") or None,
        follow=call.flag("follow"),
        timestamps=call.flag("timestamps"),
        details=call.flag("details"),
    )
    wanted = {name for name in ("stdout", "stderr") if call.flag(name)}
    call.connection.begin(200, call.stream_type(tty=tty) if call.version >= (1, 42) else "")
    with Watch(call.connection.sock):
        for stream, text in entries:
            if stream in wanted:
                call.connection.send_body(text if tty else frame(2 if stream == "stderr" else 1, text))
    call.connection.end()


def _tail(text: str) -> int:
    """Lines from the end; all for "all" and what is no number."""
    try:
        return max(int(text), -1)
    except ValueError:
        return -1


def stats(call: Call) -> None:
    """What a container uses: once, or every second until the client goes or the container does."""
    import time

    from dockercompat.engine.container.stats import sample

    ref, one_shot = call.params["id"], call.flag("one-shot")
    stream = call.flag("stream", True)
    if stream and one_shot:
        raise InvalidParameter("cannot have stream=true and one-shot=true")
    container = state.current(call.engine, ref)
    if not stream:
        before = None
        if not one_shot and container.is_alive:
            before = sample(container)
            time.sleep(1)
        call.answer(sample(container, before))
        return
    call.connection.begin(200, "")
    with Watch(call.connection.sock):
        before = None
        while True:
            try:
                container = state.load(call.engine, container.id)
            except NoSuchContainer:
                break
            before = sample(container, before)
            call.connection.send_body(to_json(before))
            time.sleep(1)
    call.connection.end()
