"""Handlers of what keeps the build cache small, `docker builder prune` and `docker buildx du`, and of `buildx version`."""

from __future__ import annotations

import sys

from dockercompat.cli.builders import Store, given
from dockercompat.cli.building import given_bytes
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.listing.table import Noun


def prune(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.request import human_bytes
    from dockercompat.spec import filter as filters

    options = invocation.options
    Store(invocation.environ).chosen(given(invocation) if hasattr(options, "builder") else "")
    everything = bool(options.all)
    if not options.force:
        what = "all build cache" if everything else "all dangling build cache"
        print(f"WARNING! This will remove {what}. Are you sure you want to continue? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return
    if invocation.command.name == "buildx prune" and not _can_match(options.filter):
        print("Total:\t0B")
        return
    invocation.join()
    known = {entry["ID"]: entry for entry in verb.usage(invocation.engine)} if getattr(options, "verbose", False) else {}
    pruned = verb.prune(
        invocation.engine,
        everything=everything,
        filters=filters.parse(text for text in options.filter if not text.startswith("type=")),
        reserved_bytes=max(given_bytes(options, "reserved_space"), given_bytes(options, "keep_storage")),
        max_used_bytes=given_bytes(options, "max_used_space"),
        min_free_bytes=given_bytes(options, "min_free_space"),
    )
    for entry in pruned["Entries"] if known else ():
        sys.stdout.write(_verbose(known[entry["ID"]]))
    if known:
        print(f"Total:\t{human_bytes(pruned['SpaceReclaimed'])}")
        return
    rows = [(f"{entry['ID'][:25]:<40}", "true ", f"{human_bytes(entry['Size']):<10}", entry["Ago"]) for entry in pruned["Entries"]]
    head: list[tuple[str, ...]] = [("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED")]
    for row in rows:  # each is written when its entry has gone, the titles with the first
        sys.stdout.write(_tabbed([*head, row]))
        head = []
    print(f"Total:\t{human_bytes(pruned['SpaceReclaimed'])}")


def _can_match(texts: list[str]) -> bool:
    """Whether any entry could pass these filters: one of a name that entries don't have passes none. Raises ClientError."""
    from dockercompat.spec import duration

    for text in texts:
        name, _, value = text.partition("=")
        if name in ("until", "unused-for"):
            try:
                duration.parse(value)
            except ValueError as error:
                raise ClientError(f"ERROR: \"{name}\" filter expects a duration (e.g., '24h'): {error}") from None
        elif name == "type":
            if value != "regular":
                return False
        elif name not in ("id", "label", "label!"):
            return False
    return True


def disk_usage(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.request import human_bytes
    from dockercompat.cli.listing.table import render, table

    options = invocation.options
    if options.verbose and options.format:
        raise ClientError("ERROR: --format and --verbose cannot be used together")
    Store(invocation.environ).chosen(given(invocation))
    entries = [entry for entry in verb.usage(invocation.engine) if all(_passes(entry, text) for text in options.filter)]
    if options.format not in ("", "table"):
        sys.stdout.write(render(_noun(), entries, options.format))
        return
    if options.verbose:
        for entry in entries:
            sys.stdout.write(_verbose(entry))
    else:
        rows = [(entry["ID"][:25], _word(entry["Reclaimable"]), human_bytes(entry["Size"]), entry["Ago"]) for entry in entries]
        sys.stdout.write(table(("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), rows))
    if not options.filter:
        free = sum(entry["Size"] for entry in entries if entry["Reclaimable"])
        total = sum(entry["Size"] for entry in entries)
        sys.stdout.write(f"Reclaimable:\t{human_bytes(free)}\nTotal:\t\t{human_bytes(total)}\n")


def _verbose(entry: Mapping[str, Any]) -> str:
    """Everything about an entry, with an empty line behind it."""
    from dockercompat.build.request import human_bytes

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
    return "".join(f"{name + ':':<14}{value}\n" for name, value in fields) + "\n"


def _passes(entry: Mapping[str, Any], text: str) -> bool:
    """Whether an entry is what a filter wants; what no entry has, none passes."""
    name, _, value = text.partition("=")
    known = {
        "type": "regular",
        "inuse": _word(not entry["Reclaimable"]),
        "shared": "false",
        "mutable": "false",
        "private": "true",
        "description": entry["Description"],
        "id": entry["ID"],
    }
    if name == "id":
        return str(entry["ID"]).startswith(value)
    if value.startswith("~"):
        return value[1:] in str(known.get(name.removesuffix("~"), ""))
    return name in known and str(known[name]) == value


def _noun() -> Noun:
    from dockercompat.build.request import human_bytes
    from dockercompat.cli.listing.table import Noun

    return Noun(
        go_type="*formatter.diskusageContext",
        fields={
            "ID": lambda row: row["ID"],
            "Parents": lambda row: None,
            "CreatedAt": lambda row: row["Created"],
            "Mutable": lambda row: False,
            "Reclaimable": lambda row: row["Reclaimable"],
            "Shared": lambda row: False,
            "Size": lambda row: human_bytes(row["Size"]),
            "Description": lambda row: row["Description"],
            "UsageCount": lambda row: row["Uses"],
            "LastUsedAt": lambda row: row["Ago"],
            "Type": lambda row: "regular",
        },
        titles={
            "ID": "ID",
            "Parents": "PARENTS",
            "CreatedAt": "CREATED AT",
            "Mutable": "MUTABLE",
            "Reclaimable": "RECLAIMABLE",
            "Shared": "SHARED",
            "Size": "SIZE",
            "Description": "DESCRIPTION",
            "UsageCount": "USAGE COUNT",
            "LastUsedAt": "LAST ACCESSED",
            "Type": "TYPE",
        },
    )


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
