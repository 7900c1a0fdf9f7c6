"""Handlers of what keeps the build cache small, `docker builder prune` and `docker buildx du`, and of `buildx version`."""

from __future__ import annotations

import sys
import time

from dockercompat.cli import asking
from dockercompat.cli.builders import Store, given
from dockercompat.cli.building import given_bytes
from dockercompat.errors import ClientError
from dockercompat.spec import clock, duration
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.listing.table import Noun
    from dockercompat.engine.builder.list import Entry
    from dockercompat.spec.filter import Filters


def prune(invocation: Invocation) -> None:
    from dockercompat.spec import filter as filters

    verb = invocation.verbs("build.prune")

    options = invocation.options
    Store(invocation.environ).chosen(given(invocation) if hasattr(options, "builder") else "")
    everything = bool(options.all)
    if not options.force:
        what = "all build cache" if everything else "all dangling build cache"
        if not asking.confirm(f"WARNING! This will remove {what}. Are you sure you want to continue?"):
            return
    wanted = filters.parse(options.filter)
    _check(wanted)
    invocation.join()
    pruned = verb.prune(
        invocation.engine,
        everything=everything,
        filters=wanted,
        reserved_bytes=max(given_bytes(options, "reserved_space"), given_bytes(options, "keep_storage")),
        max_used_bytes=given_bytes(options, "max_used_space"),
        min_free_bytes=given_bytes(options, "min_free_space"),
    )
    if invocation.remote is not None:  # another engine tells no more than ids
        if pruned.entries:
            print("Deleted build cache objects:", *(entry.id for entry in pruned.entries), "", sep="\n")
        print(f"Total reclaimed space: {human_size(pruned.freed_bytes)}")
        return
    if getattr(options, "verbose", False):
        for entry in pruned.entries:
            sys.stdout.write("".join(f"{name}:\t{chr(9) * (len(name) < 7)}{value}\n" for name, value in _fields(entry)) + "\n")
    else:
        head: list[tuple[str, ...]] = [("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED")]
        for entry in pruned.entries:  # each is written when its entry has gone, the titles with the first
            name = entry.id[:25] + "*" * entry.mutable
            row = (f"{name:<40}", "true ", f"{human_size(entry.size_bytes):<10}", _ago(entry))
            sys.stdout.write(_tabbed([*head, row]))
            head = []
    print(f"Total:\t{human_size(pruned.freed_bytes)}")


def _check(filters: Filters) -> None:
    """Raises ClientError for what buildx itself refuses."""
    for name, values in filters.values.items():
        if len(values) > 1:
            raise ClientError("ERROR: filters expect only one value")
        if name in ("until", "unused-for"):
            try:
                duration.parse(values[0])
            except ValueError as error:
                raise ClientError(f"ERROR: \"{name}\" filter expects a duration (e.g., '24h'): {error}") from None


def disk_usage(invocation: Invocation) -> None:
    from dockercompat.cli.listing.table import render, table
    from dockercompat.engine.builder import list as verb
    from dockercompat.spec import filter as filters

    options = invocation.options
    if options.verbose and options.format:
        raise ClientError("ERROR: --format and --verbose cannot be used together")
    Store(invocation.environ).chosen(given(invocation))
    wanted = filters.parse(options.filter)
    _check(wanted)
    invocation.join()
    entries = [entry for entry in verb.list(invocation.engine) if entry.passes(wanted)]
    entries.sort(key=lambda entry: (entry.size_bytes, entry.id))
    if options.format not in ("", "table"):
        sys.stdout.write(render(_noun(), entries, options.format))
        return
    if options.verbose:
        for entry in entries:
            fields = (*_fields(entry), ("Type", entry.type))
            sys.stdout.write("".join(f"{name + ':':<14}{value}\n" for name, value in fields) + "\n")
    else:
        rows = [
            (entry.id[:25] + "*" * entry.mutable, _word(not entry.in_use), human_size(entry.size_bytes) + "*" * entry.shared, _ago(entry))
            for entry in entries
        ]
        sys.stdout.write(table(("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), rows))
    if not options.filter:
        sys.stdout.write(_totals(entries))


def _totals(entries: Sequence[Entry]) -> str:
    total = sum(entry.size_bytes for entry in entries)
    shared = sum(entry.size_bytes for entry in entries if entry.shared)
    free = sum(entry.size_bytes for entry in entries if not entry.in_use)
    text = f"Shared:\t\t{human_size(shared)}\nPrivate:\t{human_size(total - shared)}\n" if shared else ""
    return f"{text}Reclaimable:\t{human_size(free)}\nTotal:\t\t{human_size(total)}\n"


def _fields(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Everything about an entry but its type."""
    return (
        ("ID", entry.id),
        ("Created at", clock.go_string(entry.created_ns, utc=True)),
        ("Mutable", _word(entry.mutable)),
        ("Reclaimable", _word(not entry.in_use)),
        ("Shared", _word(entry.shared)),
        ("Size", human_size(entry.size_bytes)),
        ("Description", entry.description),
        ("Usage count", str(entry.uses)),
        ("Last used", _ago(entry)),
    )


def _ago(entry: Entry) -> str:
    return f"{duration.human((time.time_ns() - entry.used_ns) / 1e9)} ago"


def _noun() -> Noun:
    from dockercompat.cli.listing.table import Noun

    return Noun(
        go_type="*formatter.diskusageContext",
        fields={
            "ID": lambda entry: entry.id,
            "Parents": lambda entry: None,
            "CreatedAt": lambda entry: clock.go_string(entry.created_ns, utc=True),
            "Mutable": lambda entry: entry.mutable,
            "Reclaimable": lambda entry: not entry.in_use,
            "Shared": lambda entry: entry.shared,
            "Size": lambda entry: human_size(entry.size_bytes),
            "Description": lambda entry: entry.description,
            "UsageCount": lambda entry: entry.uses,
            "LastUsedAt": _ago,
            "Type": lambda entry: entry.type,
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
