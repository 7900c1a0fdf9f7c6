"""Handlers of `docker volume`."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError, DockerError
from dockercompat.spec import filter as filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from dockercompat.cli.invocation import Invocation

    _T = TypeVar("_T")


def create(invocation: Invocation) -> None:
    verb = invocation.verb("volume.create")

    options = invocation.options
    name = invocation.args[0] if invocation.args else ""
    if options.name:
        if name:
            raise ClientError("conflicting options: cannot specify a volume-name through both --name and as a positional arg")
        name = options.name
    labels = dict(_key_value(label) for label in options.label)
    made = verb(invocation.engine, name, driver=options.driver, options=dict(map(_key_value, options.opt)) or None, labels=labels)
    print(made["Name"])


def _key_value(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import volume as listing

    verb = invocation.verb("volume.list")

    options = invocation.options
    if options.cluster:  # an engine outside a swarm has none
        verb(invocation.engine, filters.parse(options.filter))
        sys.stdout.write("" if options.quiet else "VOLUME NAME   GROUP     DRIVER    AVAILABILITY   STATUS\n")
        return
    rows = verb(invocation.engine, filters.parse(options.filter))["Volumes"]
    rows.sort(key=lambda row: _natural(row["Name"]))
    chosen = options.format or ("" if options.quiet else invocation.config.get("volumesFormat", ""))
    sys.stdout.write(listing.render(rows, format=chosen, quiet=bool(options.quiet)))


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """docker's sort key: runs of digits count as numbers."""
    parts: Any = []
    at = 0
    while at < len(name):
        end = at + 1
        digits = name[at].isdigit()
        while end < len(name) and name[end].isdigit() == digits:
            end += 1
        part = name[at:end]
        parts.append((0, int(part), part) if digits else (1, 0, part))
        at = end
    return tuple(parts)


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    options = invocation.options
    return inspect_many(invocation.args, lambda name: document(invocation, name), options.format, kind="volume", typed=True)


def document(invocation: Invocation, name: str) -> dict[str, Any]:
    """A volume of this name. Raises ClientError for no name, of which docker's client asks nobody."""
    found: dict[str, Any] = invocation.verb("volume.inspect")(invocation.engine, _named(name))
    return found


def _named(name: str) -> str:
    if not name:
        raise ClientError("invalid volume name or ID: value is empty")
    return name


def update(invocation: Invocation) -> None:
    """docker's answers about a volume that no swarm knows."""
    verb = invocation.verb("volume.inspect")

    verb(invocation.engine, _named(invocation.args[0]))
    raise ClientError("can only update cluster volumes")


def remove(invocation: Invocation) -> None:
    verb = invocation.verb("volume.remove")

    invocation.join()
    complaints = []
    for name in invocation.args:
        try:
            verb(invocation.engine, _named(name), force=bool(invocation.options.force))
        except DockerError as error:
            complaints.append(error.line)
        else:
            print(name)
    if complaints:
        raise ClientError("\n".join(complaints))


def prune(invocation: Invocation) -> None:
    from dockercompat.cli.asking import confirm
    from dockercompat.cli.config_file import prune_filters

    verb = invocation.verb("volume.prune")
    from dockercompat.spec.size import human_size

    options = invocation.options
    chosen = prune_filters(invocation.config, options.filter)
    if options.all:
        if "all" in chosen:
            raise ClientError("conflicting options: cannot specify both --all and --filter all=1")
        chosen.add("all", "true")
    kind = "all" if options.all else "anonymous"
    if not options.force and not confirm(
        f"WARNING! This will remove {kind} local volumes not used by at least one container.\nAre you sure you want to continue?"
    ):
        return
    answer = verb(invocation.engine, chosen)
    if answer["VolumesDeleted"]:
        print("Deleted Volumes:", *answer["VolumesDeleted"], "", sep="\n")
    print(f"Total reclaimed space: {human_size(answer['SpaceReclaimed'])}")


def clone(invocation: Invocation) -> None:
    verb = invocation.verb("volume.clone")

    source, target = invocation.args
    invocation.join()
    print(_told(lambda: verb(invocation.engine, _named(source), _named(target)))["Name"])


def export(invocation: Invocation) -> None:
    from dockercompat.cli.commands.image import output_path

    verb = invocation.verb("volume.export")
    from dockercompat.host import files

    name, path = _named(invocation.args[0]), invocation.options.output
    if not path:
        if sys.stdout.isatty():
            raise ClientError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        invocation.join()
        verb(invocation.engine, name, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = output_path(path, "export volume")
    invocation.join()
    _told(lambda: files.replace(path, lambda file: verb(invocation.engine, name, file)))


def import_(invocation: Invocation) -> None:
    verb = invocation.verb("volume.import_")

    name, path = _named(invocation.args[0]), invocation.args[1] if len(invocation.args) > 1 else "-"
    if path == "-":
        if sys.stdin.isatty():
            raise ClientError("cowardly refusing to read an archive from a terminal. Name a file or redirect")
        invocation.join()
        _told(lambda: verb(invocation.engine, name, sys.stdin.buffer))
    else:
        try:
            file = open(path, "rb")
        except OSError as error:
            raise ClientError(f"open {path}: {(error.strerror or str(error)).lower()}") from None
        with file:
            invocation.join()
            _told(lambda: verb(invocation.engine, name, file))
    print(name)


def _told(work: Callable[[], _T]) -> _T:
    """What the work gives; a failure of the file system as a sentence."""
    try:
        return work()
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DockerError(where + (error.strerror or str(error)).lower()) from None


def rename(invocation: Invocation) -> None:
    verb = invocation.verb("volume.rename")

    verb(invocation.engine, _named(invocation.args[0]), invocation.args[1])
