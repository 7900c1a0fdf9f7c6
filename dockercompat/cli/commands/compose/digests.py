"""Images of a project with the digests that registries give them now."""

from __future__ import annotations

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from queue import SimpleQueue

    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.model.project import Project
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.reference import Reference

_AT_ONCE = 8  # registries' answers that are waited for


def resolved(project: Project, invocation: Invocation) -> Project:
    """The project with `image` of each service pinned: docker.io/library/nginx:latest@sha256:... Raises what a registry answers."""
    references = {name: _reference(service["image"]) for name, service in project.services.items() if service.get("image")}
    digests = _digests(invocation.engine, references.values())
    services = {}
    for name, service in project.services.items():
        if name in references:
            pinned = references[name].canonical
            if pinned in digests:
                pinned = f"{pinned}@{digests[pinned]}"
            changed = service.__class__(service)
            changed["image"] = pinned
            service = changed
        services[name] = service
    return project.replace(services=services)


def _reference(text: str) -> Reference:
    from dockercompat.errors import InvalidParameter
    from dockercompat.spec.reference import parse

    try:
        return parse(text).tagged
    except InvalidParameter as error:
        raise ClientError(str(error)) from None


def _digests(engine: Engine, references: Iterable[Reference]) -> dict[str, str]:
    """The digests of those that have none, by their canonical names; each is asked for once, several side by side."""
    import threading
    from queue import SimpleQueue

    wanted = {each.canonical: each for each in references if not each.digest}
    todo: SimpleQueue[Reference | None] = SimpleQueue()
    for each in wanted.values():
        todo.put(each)
    found: dict[str, str | Exception] = {}
    count = min(_AT_ONCE, len(wanted))
    for _ in range(count):
        todo.put(None)
    threads = [threading.Thread(target=_ask, args=(engine, todo, found), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    digests = {}
    for name in wanted:
        answer = found[name]
        if isinstance(answer, Exception):
            raise answer
        digests[name] = answer
    return digests


def _ask(engine: Engine, todo: SimpleQueue[Reference | None], found: dict[str, str | Exception]) -> None:
    """Work of a thread: ask for one after the other until there is a None."""
    from dockercompat.engine.manifest.look import look

    while (reference := todo.get()) is not None:
        try:
            found[reference.canonical] = look(engine, reference).digest
        except Exception as error:
            found[reference.canonical] = error
