"""/build of another engine: the classic builder, and the build cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.record import Record
from dockercompat.remote.client import filters_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, BinaryIO

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters


class Gone(Record):
    """An entry of the build cache that was removed."""

    id: str


class Pruned(Record):
    """What went, and the bytes that are free now."""

    entries: tuple[Gone, ...]
    freed_bytes: int


def prune(
    engine: Remote,
    *,
    everything: bool = False,
    filters: Filters | None = None,
    reserved_bytes: int = 0,
    max_used_bytes: int = 0,
    min_free_bytes: int = 0,
) -> Pruned:
    found = engine.post(
        "/build/prune",
        all=everything,
        filters=filters_text(filters),
        **{
            "reserved-space": reserved_bytes or "",
            "keep-storage": reserved_bytes or "",
            "max-used-space": max_used_bytes or "",
            "min-free-space": min_free_bytes or "",
        },
    )
    return Pruned(tuple(Gone(each) for each in found.get("CachesDeleted") or ()), int(found.get("SpaceReclaimed") or 0))


def build(
    engine: Remote, query: Mapping[str, Any], context: BinaryIO | Iterable[bytes] | None, headers: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The messages of a build. context: its archive, None where `remote` in the query names it."""
    yield from engine.messages("/build", query, context, {"Content-Type": "application/x-tar", **headers})
