"""`run`, `start -a`, `attach` and `exec` on another engine, request by request as docker's client does them."""

from __future__ import annotations

import sys
import time

from dockercompat.cli import attaching, interrupts
from dockercompat.cli.remote_streams import follow_size, relay
from dockercompat.errors import Bare, ClientError, DockerError, InvalidParameter, NotConnected, StatusOnly
from dockercompat.remote import container as verbs
from dockercompat.remote import waiting
from dockercompat.runtime import attach, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.remote.client import Remote

_HUNG_UP = 129
_INTERRUPTED = 130
_ENGINE_GONE = 255
_UNTOLD = 125  # the status of a container that nobody could tell


def run_created(
    invocation: Invocation,
    remote: Remote,
    container_id: str,
    streams: attach.Streams,
    *,
    detach: attach.DetachKeys | None,
    proxy: interrupts.Proxy | None,
) -> int:
    """Start a container that `run` has created, and without -d (a proxy is there then) stay with it to its end; its exit code."""
    options = invocation.options
    container = verbs.current(remote, container_id)
    if proxy is None:
        try:
            verbs.start(remote, container)
        finally:
            sys.stdout.write(container_id + "\n")
        return 0
    if proxy.ended_early:
        raise StatusOnly(proxy.ended_early)
    return _with_streams(
        remote,
        container,
        streams,
        tty=bool(options.tty),
        keys=options.detach_keys,
        detach=detach,
        proxy=proxy,
        removes=bool(options.rm),
    )


def start_attached(invocation: Invocation, remote: Remote, container: verbs.Container, *, stdin: bool, sig_proxy: bool, keys: str) -> int:
    """`start -a`: start and stay with the container to its end."""
    detach = attach.DetachKeys(attaching.detach_sequence(invocation, keys))
    tty = bool(container.config.get("Tty"))
    removes = bool((container.document.get("HostConfig") or {}).get("AutoRemove"))
    return _with_streams(
        remote,
        container,
        attach.Streams(0 if stdin else None, 1, 2),
        tty=tty,
        keys=keys,
        detach=detach if stdin else None,
        proxy=interrupts.Proxy(passes=sig_proxy, leaves=True),
        removes=removes,
    )


def _with_streams(
    remote: Remote,
    container: verbs.Container,
    streams: attach.Streams,
    *,
    tty: bool,
    keys: str,
    detach: attach.DetachKeys | None,
    proxy: interrupts.Proxy,
    removes: bool,
) -> int:
    connection = _attach(remote, container.ref, streams, keys)
    try:
        ended_with = waiting.begin(remote, container.ref, removes=removes)
        verbs.start(remote, container)
        proxy.aim(_Killer(remote, container.ref).send)
        with terminal.RawTerminal(streams.stdin_fd if tty else None):
            if tty:
                follow_size(remote, f"/containers/{container.ref}")
            ended = relay(connection, streams, framed=not tty, detach=detach if tty else None)
    finally:
        connection.close()
    if not ended:
        return 0
    try:
        return ended_with()
    except DockerError as error:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S%z").replace("+0000", "Z")
        print(f'time="{moment}" level=error msg="error waiting for container: {error}"', file=sys.stderr)
        raise StatusOnly(_UNTOLD) from None


def attach_running(invocation: Invocation, remote: Remote, container: verbs.Container, *, stdin: bool, sig_proxy: bool, keys: str) -> int:
    """`attach`: join a running container until it ends or the detach keys are typed."""
    tty = bool(container.config.get("Tty"))
    detach = attach.DetachKeys(attaching.detach_sequence(invocation, keys))
    stdin = stdin and bool(container.config.get("OpenStdin"))
    attaching.require_terminal(tty, stdin)
    streams = attach.Streams(0 if stdin else None, 1, 2)
    until_end = verbs.begin_wait(remote, container.id)
    connection = _attach(remote, container.ref, streams, keys)
    raw = terminal.RawTerminal(0 if tty and stdin else None)
    interrupts.Proxy(passes=sig_proxy and not tty, on_first=raw.restore).aim(_Killer(remote, container.id).send)
    try:
        with raw:
            if tty:
                follow_size(remote, f"/containers/{container.id}")
            ended = relay(connection, streams, framed=not tty, detach=detach if tty and stdin else None)
    finally:
        connection.close()
    if not ended:
        raise Bare("read escape sequence")
    return verbs.ended(until_end)


def _attach(remote: Remote, ref: str, streams: attach.Streams, keys: str) -> socket.socket:
    query: dict[str, Any] = {
        "stream": True,
        "stdin": streams.stdin_fd is not None,
        "stdout": streams.stdout_fd is not None,
        "stderr": streams.stderr_fd is not None,
        "detachKeys": keys or "",
    }
    try:
        return remote.hijack(f"/containers/{ref}/attach", query)
    except ClientError:
        raise
    except DockerError as error:
        raise Bare(f"unable to upgrade to tcp, received {error.http_status}") from None


class _Killer:
    """Sends signals to a container of another engine; one that can't be sent is lost, as docker's client has it."""

    def __init__(self, remote: Remote, ref: str) -> None:
        self._remote = remote
        self._ref = ref

    def send(self, number: int) -> None:
        try:
            verbs.kill(self._remote, self._ref, str(number))
        except DockerError:
            return


def execute(invocation: Invocation, remote: Remote) -> int:
    """Run a command in a running container; its exit status."""
    from dockercompat.spec import env

    options = invocation.options
    ref = invocation.args[0]
    stdin, detached, tty = bool(options.interactive), bool(options.detach), bool(options.tty)
    container = verbs.load(remote, verbs.current(remote, ref).ref)
    if not detached:
        attaching.require_terminal(tty, stdin)
    keys = attaching.detach_sequence(invocation, options.detach_keys or "", execs=True)
    try:
        variables = [line for path in options.env_file or () for line in env.read_env_file(path, invocation.environ)]
        variables += [env.parse_variable(each, environ=invocation.environ) for each in options.env or ()]
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    size = [*terminal.size(1)] if tty and terminal.size(1) != (0, 0) else None
    body: dict[str, Any] = {
        "User": options.user or "",
        "Privileged": bool(options.privileged),
        "Tty": tty,
        "ConsoleSize": size,
        "AttachStdin": stdin and not detached,
        "AttachStdout": not detached,
        "AttachStderr": not detached,
        "DetachKeys": options.detach_keys or invocation.config.get("detachKeys") or "",
        "Env": variables,
        "WorkingDir": options.workdir or "",
        "Cmd": invocation.args[1:],
    }
    exec_id = remote.post(f"/containers/{container.ref}/exec", body)["Id"]
    begin = {"Detach": detached, "Tty": tty, "ConsoleSize": size}
    if detached:
        remote.post(f"/exec/{exec_id}/start", begin)
        return 0
    try:
        connection = remote.hijack(f"/exec/{exec_id}/start", {}, begin)
        with terminal.RawTerminal(0 if tty and stdin else None):
            if tty:
                follow_size(remote, f"/exec/{exec_id}")
            detach = attach.DetachKeys(keys) if tty else None
            ended = relay(connection, attach.Streams(0 if stdin else None, 1, 2), framed=not tty, detach=detach)
    except KeyboardInterrupt as told:
        if getattr(told, "status", _INTERRUPTED) > _HUNG_UP:  # SIGINT, SIGTERM: docker takes that for success
            return 0
        raise
    connection.close()
    if not ended:
        raise Bare("read escape sequence")
    try:
        return int(remote.get(f"/exec/{exec_id}/json").get("ExitCode") or 0)
    except NotConnected:  # the engine has gone in the meantime
        return _ENGINE_GONE
