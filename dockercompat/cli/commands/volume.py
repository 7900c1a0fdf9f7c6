"""Handlers of `docker volume`."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError, DockerError
from dockercompat.spec import filter as filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.engine import Engine


def create(invocation: Invocation) -> None:
    from dockercompat.engine.volume.create import create as verb

    options = invocation.options
    name = invocation.args[0] if invocation.args else ""
    if options.name:
        if name:
            raise ClientError("conflicting options: cannot specify a volume-name through both --name and as a positional arg")
        name = options.name
    labels = dict(_key_value(label) for label in options.label)
    made = verb(invocation.engine, name, driver=options.driver, options=dict(_key_value(each) for each in options.opt), labels=labels)
    print(made["Name"])


def _key_value(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import volume as listing
    from dockercompat.engine.volume.list import list as verb

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
    return inspect_many(invocation.args, lambda name: document(invocation.engine, name), options.format, kind="volume", typed=True)


def document(engine: Engine, name: str) -> dict[str, Any]:
    """A volume of this name. Raises ClientError for no name, of which docker's client asks nobody."""
    from dockercompat.engine.volume.inspect import inspect as verb

    return verb(engine, _named(name))


def _named(name: str) -> str:
    if not name:
        raise ClientError("invalid volume name or ID: value is empty")
    return name


def update(invocation: Invocation) -> None:
    """docker's answers about a volume that no swarm knows."""
    from dockercompat.engine.volume.inspect import inspect as verb

    verb(invocation.engine, _named(invocation.args[0]))
    raise ClientError("can only update cluster volumes")


def remove(invocation: Invocation) -> None:
    from dockercompat.engine.volume.remove import remove as verb

    invocation.join()
    complaints = []
    for name in invocation.args:
        try:
            verb(invocation.engine, _named(name), force=bool(invocation.options.force))
        except DockerError as error:
            complaints.append(f"Error response from daemon: {error}" if error.prefixed else str(error))
        else:
            print(name)
    if complaints:
        raise ClientError("\n".join(complaints))


def prune(invocation: Invocation) -> None:
    from dockercompat.cli.asking import confirm
    from dockercompat.cli.config_file import prune_filters
    from dockercompat.engine.volume.prune import prune as verb
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
