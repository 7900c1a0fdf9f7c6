"""`run`, step by step: flags to a create body, the image, the container, its start, and its streams."""

from __future__ import annotations

import sys

from dockercompat.cli import attaching, interrupts
from dockercompat.errors import Bare, DockerError, StatusOnly
from dockercompat.runtime import attach, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def run_container(invocation: Invocation) -> int:
    """Create a container, start it and, unless -d was given, stay with it to its end; the status to exit with."""
    from dockercompat.cli.creating import create_container

    options = invocation.options
    detached = bool(options.detach)
    if detached and options.attach:
        raise Bare("conflicting options: cannot specify both --attach and --detach")
    wanted = {stream.lower() for stream in options.attach or ()}
    stdin = not detached and bool(options.interactive)  # whatever --attach says
    tty = bool(options.tty)
    if not detached:
        attaching.require_terminal(tty, stdin)
    invocation.join()
    container_id = create_container(invocation)
    detach = attach.DetachKeys(attaching.detach_sequence(invocation, options.detach_keys)) if not detached else None
    proxy = interrupts.Proxy(passes=bool(options.sig_proxy)) if not detached else None  # until here Ctrl-C ends this program
    streams = attach.Streams(
        0 if stdin else None,
        1 if not wanted or "stdout" in wanted else None,
        2 if not wanted or "stderr" in wanted else None,
    )
    if invocation.remote is not None:
        from dockercompat.cli.remote_running import run_created

        return run_created(invocation, invocation.remote, container_id, streams, detach=detach, proxy=proxy)
    from dockercompat.engine.container import start, state

    engine = invocation.engine
    container = state.load(engine, container_id)
    try:
        if proxy is not None and proxy.ended_early:
            raise StatusOnly(proxy.ended_early)
        if detached:
            try:
                start.start(engine, container)
            finally:  # docker prints it whether the start goes well or not
                sys.stdout.write(container_id + "\n")
            return 0
        prepared = start.prepare(engine, container, console_size=terminal.size(1) if tty else (0, 0), watched=True)
    except BaseException:
        start.discard(engine, container)
        raise
    try:
        return attaching.watch(invocation, container, prepared, streams, detach=detach, proxy=proxy)
    except attach.NotWritten:  # the container goes on
        raise
    except DockerError:
        start.discard(engine, container)
        raise
