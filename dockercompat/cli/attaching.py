"""A terminal or a pipe joined with a container: raw mode, window size, signals passed on, detach keys, exit status."""

from __future__ import annotations

import sys

from dockercompat.cli.interrupts import Proxy
from dockercompat.errors import Bare, ClientError, InvalidParameter, NoSuchContainer, StatusOnly
from dockercompat.runtime import attach, conmon, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.container.start import Prepared
    from dockercompat.engine.container.state import Container
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

_BAD_KEYS = "unable to upgrade to tcp, received 400"


def detach_sequence(invocation: Invocation, keys: str, *, execs: bool = False) -> bytes:
    """The bytes that detach: of the flag, else of config.json's detachKeys, else ctrl-p ctrl-q. Raises in the words of attach or exec."""
    text = keys or invocation.config.get("detachKeys") or attach.DEFAULT_DETACH_KEYS
    try:
        return attach.parse_detach_keys(text)
    except ClientError:
        if execs:
            raise InvalidParameter(f"Invalid escape keys ({text}) provided") from None
        raise Bare(_BAD_KEYS) from None


def require_terminal(tty: bool, stdin: bool) -> None:
    """docker's check before anything is made: a terminal container needs one on our side to be typed into."""
    if tty and stdin and not sys.stdin.isatty():
        raise Bare("the input device is not a TTY")


def start_attached(invocation: Invocation, container: Container, *, stdin: bool, sig_proxy: bool, keys: str) -> int:
    """`start -a`: start and stay with the container to its end."""
    from dockercompat.engine.container import start

    detach = attach.DetachKeys(detach_sequence(invocation, keys))
    if container.status == "paused":
        raise Bare("unable to upgrade to tcp, received 409")
    if container.is_alive:
        return attach_running(invocation, container, stdin=stdin, sig_proxy=sig_proxy, keys=keys)
    proxy = Proxy(passes=sig_proxy, leaves=True)
    prepared = start.prepare(invocation.engine, container, console_size=terminal.size(1), watched=True)
    return watch(
        invocation,
        container,
        prepared,
        attach.Streams(0 if stdin else None, 1, 2),
        detach=detach if stdin else None,
        proxy=proxy,
    )


def watch(
    invocation: Invocation,
    container: Container,
    prepared: Prepared,
    streams: attach.Streams,
    *,
    detach: attach.DetachKeys | None,
    proxy: Proxy | None,
) -> int:
    """Connect to a prepared container, let it begin, carry its streams to its end; its exit code, or 0 when detached."""
    from dockercompat.engine.container import exit as ending
    from dockercompat.engine.container import start, state
    from dockercompat.engine.system.events import record

    engine = invocation.engine
    tty = bool(container.config.get("Tty"))
    try:
        if proxy is not None and proxy.ended_early:
            raise StatusOnly(proxy.ended_early)
        connection = attach.connect(prepared.bundle_dir)
    except BaseException as error:
        start.abandon(engine, prepared, str(error))
        raise
    record(engine, "container", "attach", container.id, container.attributes())
    try:
        start.begin(engine, prepared)
        if proxy is not None:
            proxy.aim(prepared.pid)
        with terminal.RawTerminal(streams.stdin_fd if tty else None):
            if tty:
                _follow_size(prepared.bundle_dir)
            ended = attach.relay(
                connection,
                streams,
                container_pid=prepared.pid,
                ended=lambda: state.exit_of(engine, container.id) is not None or not conmon.lives(prepared.bundle_dir),
                detach=detach if tty else None,
                close_on_stdin_end=not tty,
            )
    finally:
        connection.close()
    if not ended:
        return 0
    recorded = state.exit_of(engine, container.id)
    ending.finish(engine, container.id)
    return recorded[0] if recorded else ending.LOST_EXIT_CODE


def attach_running(invocation: Invocation, container: Container, *, stdin: bool, sig_proxy: bool, keys: str) -> int:
    """`attach`: join a running container until it ends or the detach keys are typed."""
    from dockercompat.engine.container import exit as ending
    from dockercompat.engine.container import state
    from dockercompat.engine.container import stop as stopping
    from dockercompat.engine.system.events import record

    tty = bool(container.config.get("Tty"))
    detach = attach.DetachKeys(detach_sequence(invocation, keys))
    stdin = stdin and bool(container.config.get("OpenStdin"))
    require_terminal(tty, stdin)
    bundle_dir = invocation.engine.paths.bundle_dir(container.id)
    try:
        connection = attach.connect(bundle_dir)
    except OSError:  # it has just ended
        raise ClientError("You cannot attach to a stopped container, start it first") from None
    record(invocation.engine, "container", "attach", container.id, container.attributes())
    raw = terminal.RawTerminal(0 if tty and stdin else None)
    Proxy(passes=sig_proxy and not tty, on_first=raw.restore).aim(container.pid)
    try:
        with raw:
            if tty:
                _follow_size(bundle_dir)
            ended = attach.relay(
                connection,
                attach.Streams(0 if stdin else None, 1, 2),
                container_pid=container.pid,
                ended=lambda: state.exit_of(invocation.engine, container.id) is not None or not conmon.lives(bundle_dir),
                detach=detach if tty and stdin else None,
                close_on_stdin_end=not tty,
            )
    finally:
        connection.close()
    if not ended:
        record(invocation.engine, "container", "detach", container.id, container.attributes())
        raise Bare("read escape sequence")
    recorded = state.exit_of(invocation.engine, container.id)
    if recorded is not None:
        ending.finish(invocation.engine, container.id)
        return recorded[0]
    try:
        return stopping.wait(invocation.engine, container.id)
    except NoSuchContainer:
        return 0


def _follow_size(bundle_dir: str) -> None:
    """Give the container our window's size, now and whenever it changes."""

    def apply(number: int = 0, frame: FrameType | None = None) -> None:
        rows, columns = terminal.size(1)
        if rows:
            conmon.resize(bundle_dir, rows, columns)

    apply()
    signal.signal(signal.SIGWINCH, apply)
