"""`docker compose cp`, `export` and `commit`."""

from __future__ import annotations

from dockercompat.cli.composing.session import Session
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def copy(invocation: Invocation) -> None:
    from dockercompat.cli.copying import copy_files

    options = invocation.options
    source, target = invocation.args
    from_service, _, from_path = source.partition(":")
    to_service, _, to_path = target.partition(":")
    from_container, to_container = ":" in source, ":" in target
    if from_container and to_container:
        raise ClientError("copying between services is not supported")
    if not from_container and not to_container:
        raise ClientError("unknown copy direction")
    service = from_service if from_container else to_service
    session = Session(invocation, services=[service], needs_files=False)
    found = [each for each in session.containers([service], one_off=bool(options.all)) if options.index in (0, each.number)]
    if not found:
        raise ClientError(f'no container found for service "{service}"')
    if from_container:
        found = found[:1]
    words = {"archive": bool(options.archive), "follow_link": bool(options.follow_link)}
    show = session.printer("Copying")
    for each in found:
        shown = (
            f"{each.name} copy {each.name}:{from_path} to {target}"
            if from_container
            else f"{each.name} copy {source} to {each.name}:{to_path}"
        )
        show.say(shown, "Copying")
        args = [f"{each.id}:{from_path}", target] if from_container else [source, f"{each.id}:{to_path}"]
        copy_files(session.as_command("container cp", args, None, quiet=True, **words))
        show.say(shown, "Copied")


def export(invocation: Invocation) -> None:
    from dockercompat.cli.commands import container_files

    session = Session(invocation, services=invocation.args, needs_files=False)
    container = session.one(invocation.args[0], invocation.options.index, running=False)
    container_files.export(session.as_command("container export", [container.id], None, output=invocation.options.output or ""))


def commit(invocation: Invocation) -> None:
    from dockercompat.cli.commands import container_files

    options = invocation.options
    service, *rest = invocation.args
    session = Session(invocation, services=[service], needs_files=False)
    container = session.one(service, options.index, running=False)
    words = {"author": options.author or "", "change": options.change, "message": options.message or "", "pause": bool(options.pause)}
    container_files.commit(session.as_command("container commit", [container.id, *rest], None, **words))
