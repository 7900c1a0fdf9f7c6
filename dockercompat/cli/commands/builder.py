"""Handlers of what keeps the build cache small, `docker builder prune` and `docker buildx du`, and of `buildx version`."""

from __future__ import annotations

import sys

from dockercompat.cli.building import given_bytes
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def prune(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.request import human_bytes
    from dockercompat.spec import filter as filters

    options = invocation.options
    everything = bool(options.all)
    if not options.force:
        what = "all build cache" if everything else "all dangling build cache"
        print(f"WARNING! This will remove {what}. Are you sure you want to continue? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return
    invocation.join()
    keep = max(given_bytes(options, name) for name in ("reserved_space", "max_used_space", "keep_storage"))
    pruned = verb.prune(
        invocation.engine,
        everything=everything,
        filters=filters.parse(options.filter),
        keep_bytes=keep,
        min_free_bytes=given_bytes(options, "min_free_space"),
    )
    rows = [(entry["ID"][:25], "true", human_bytes(entry["Size"]), entry["Ago"]) for entry in pruned["Entries"]]
    if rows:
        sys.stdout.write(_tabbed([("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), *rows]))
    print(f"Total:\t{human_bytes(pruned['SpaceReclaimed'])}")


def disk_usage(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.request import human_bytes

    entries = verb.usage(invocation.engine)
    for text in invocation.options.filter:
        name, _, value = text.partition("=")
        if name == "id":
            entries = [entry for entry in entries if entry["ID"].startswith(value)]
        else:
            raise ClientError(f"unsupported filter {name}")
    if invocation.options.verbose:
        for entry in entries:
            fields = (
                ("ID", entry["ID"]),
                ("Created at", entry["Created"]),
                ("Mutable", "false"),
                ("Reclaimable", _word(entry["Reclaimable"])),
                ("Shared", "false"),
                ("Size", human_bytes(entry["Size"])),
                ("Description", entry["Description"]),
                ("Usage count", str(entry["Uses"])),
                ("Last used", entry["Ago"]),
                ("Type", "regular"),
            )
            sys.stdout.write(_tabbed([(f"{name}:", value) for name, value in fields]) + "\n")
    elif entries:
        rows = [(entry["ID"][:25], _word(entry["Reclaimable"]), human_bytes(entry["Size"]), entry["Ago"]) for entry in entries]
        sys.stdout.write(_tabbed([("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), *rows]))
    free = sum(entry["Size"] for entry in entries if entry["Reclaimable"])
    total = sum(entry["Size"] for entry in entries)
    sys.stdout.write(_tabbed([("Reclaimable:", human_bytes(free)), ("Total:", human_bytes(total))]))


def _word(value: bool) -> str:
    return "true" if value else "false"


def _tabbed(rows: list[tuple[str, ...]]) -> str:
    """Columns as Go's tabwriter sets them with tabs of eight."""
    widths = [max(len(row[column]) for row in rows) // 8 * 8 + 8 for column in range(len(rows[0]))]
    text = ""
    for row in rows:
        for column, cell in enumerate(row):
            last = column == len(row) - 1
            text += cell if last else cell + "\t" * -(-(widths[column] - len(cell)) // 8)
        text += "\n"
    return text


def version(invocation: Invocation) -> None:
    from dockercompat import __version__

    print(f"github.com/docker/buildx v{__version__} pydocker")
