"""`docker compose exec`, `run` and `attach`: commands in a project's containers, and in one of their own."""

from __future__ import annotations

import json
import os
import sys

from dockercompat.cli.composing.session import Session
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def execute(invocation: Invocation) -> int:
    from dockercompat.cli.executing import exec_in_container

    options = invocation.options
    service, *command = invocation.args
    session = Session(invocation, services=[service], needs_files=False)
    container = session.one(service, options.index)
    if session.dry:
        if not options.detach:
            raise ClientError("interactive exec is not supported in dry-run mode")
        print(f" DRY-RUN MODE - Executing command {json.dumps(command)} in {container.id} (detached mode)".replace('", "', '" "'))
        return 0
    terminal = not options.no_tty if options.given("no-tty") else _has_terminal()
    words = {
        "detach": bool(options.detach),
        "env": list(options.env),
        "interactive": bool(options.interactive) and not options.detach,
        "tty": terminal and not options.detach,
        "privileged": bool(options.privileged),
        "user": options.user or "",
        "workdir": options.workdir or "",
    }
    return exec_in_container(session.as_command("container exec", [container.id, *command], None, **words))


def _has_terminal() -> bool:
    return os.isatty(0) and os.isatty(1)


def attach(invocation: Invocation) -> int:
    from dockercompat.cli.commands import container_run

    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    container = session.one(invocation.args[0], options.index)
    words = {"detach_keys": options.detach_keys or "", "no_stdin": bool(options.no_stdin), "sig_proxy": bool(options.sig_proxy)}
    status = container_run.attach(session.as_command("container attach", [container.id], None, **words))
    if status:
        print(file=sys.stderr)  # docker compose's error without words
    return status


def run(invocation: Invocation) -> int:
    """A container of its own for one command of a service; its status."""
    from dockercompat.cli.composing import one_off

    options = invocation.options
    if options.given("tty") and options.given("no-tty"):
        raise ClientError("--tty and --no-TTY can't be used together")
    if options.publish and options.service_ports:
        raise ClientError("--service-ports and --publish are incompatible")
    if not options.given("no-tty"):
        vars(options)["no_tty"] = not (options.tty if options.given("tty") else _has_terminal())
    service, *command = invocation.args
    session = Session(invocation, services=[service])
    session.check_services([service])
    if options.quiet:
        session.be_quiet()
    made = one_off.make(session, service, command)
    if options.detach:
        if not session.dry:
            session.door.start(made)
        print(made)
        return 0
    sys.stdout.flush()
    from dockercompat.cli.commands import container_run

    words = {"attach": True, "interactive": bool(options.interactive)}
    try:
        status = container_run.start(session.as_command("container start", [made], None, **words))
        if status:
            print(file=sys.stderr)  # docker compose's error without words
        return status
    finally:
        if options.rm:
            session.door.verb("container.remove")(session.door.engine, made, force=True, volumes=True)
