"""`docker compose cp`, `export` and `commit`."""

from __future__ import annotations

import os

from dockercompat.cli.composing.events import DONE, Event
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
    if options.index:
        found = [session.one(service, options.index, running=False)]
    else:
        found = [each for each in session.containers(one_off=bool(options.all)) if each.service == service]
    if not found:
        raise ClientError(f'no container found for service "{service}"')
    if from_container:
        found = found[:1]
    words = {"archive": bool(options.archive), "follow_link": bool(options.follow_link)}
    show = session.printer("Copying")
    for each in found:
        shown = f"copy {each.name}:{from_path} to {target}" if from_container else f"copy {source} to {each.name}:{to_path}"
        show.show(Event(each.name, shown, "Copying"))
        args = [f"{each.id}:{from_path}", target] if from_container else [source, f"{each.id}:{to_path}"]
        copy_files(session.as_command("container cp", args, None, quiet=True, **words))
        show.show(Event(each.name, shown, "Copied", DONE))


def export(invocation: Invocation) -> None:
    from dockercompat.cli.commands import container_files

    session = Session(invocation, services=invocation.args, needs_files=False)
    container = session.one(invocation.args[0], invocation.options.index, running=False)
    to = invocation.options.output or ""
    show, shown = session.printer(), f"export {container.name} to {to}"
    directory = os.path.dirname(to)
    if directory and not os.path.isdir(directory):
        raise ClientError(f'failed to export container: invalid output path: directory "{directory}" does not exist')
    show.show(Event(container.name, shown, "Exporting"))
    if session.dry:
        show.show(Event(container.name, shown, "Exported", DONE))
        return
    session.close_printer()
    container_files.export(session.as_command("container export", [container.id], None, output=invocation.options.output or ""))


def commit(invocation: Invocation) -> None:
    from dockercompat.cli.commands import container_files

    options = invocation.options
    service, *rest = invocation.args
    session = Session(invocation, services=[service], needs_files=False)
    container = session.one(service, options.index, running=False)
    show = session.printer()
    show.show(Event(container.name, f"Commit {container.name}", "Committing"))
    if session.dry:
        show.show(Event(container.name, f"Commit {container.name}", "Committed", DONE))
        return
    words = {"author": options.author or "", "change": options.change, "message": options.message or "", "pause": bool(options.pause)}
    made = container_files.committed(session.as_command("container commit", [container.id, *rest], None, **words))
    show.show(Event(container.name, f"Commit {container.name}", f"Committed as {made}", DONE))
    session.close_printer()
