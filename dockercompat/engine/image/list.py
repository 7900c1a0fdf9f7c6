"""GET /images/json."""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.spec import clock
from dockercompat.spec.filter import Filters
from dockercompat.spec.image import chain_ids
from dockercompat.spec.reference import parse_canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.reference import Reference

FILTERS = ("dangling", "label", "before", "since", "reference", "until")


def list_images(
    engine: Engine, *, all: bool = False, filters: Filters | None = None, shared_size: bool = False, now_ns: int = 0
) -> list[dict[str, Any]]:
    """Images as the API's ImageSummary, newest first.

    all          also those that only other images stand on
    shared_size  fill in SharedSize and Containers, which are -1 otherwise
    Raises       InvalidFilter, NoSuchImage for before and since
    """
    filters = filters or Filters()
    filters.check(FILTERS)
    dangling_given = "dangling" in filters
    dangling = filters.boolean("dangling", False)
    before_ns = _moment(engine, filters, "before")
    since_ns = _moment(engine, filters, "since")
    until_ns = _until(filters, now_ns)
    names: dict[str, list[Reference]] = {}
    for row in engine.db.all("SELECT reference, image_id FROM tags ORDER BY reference"):
        names.setdefault(row[1], []).append(parse_canonical(row[0]))
    digests: dict[str, list[Reference]] = {}
    for row in engine.db.all("SELECT repository, digest, image_id FROM image_manifests WHERE repository != '' ORDER BY repository, digest"):
        digests.setdefault(row[2], []).append(parse_canonical(row[0]).replace(digest=row[1]))
    images = store.every(engine)
    parents = {image.parent_id for image in images if image.parent_id}
    shared = _shared(engine, images) if shared_size else {}
    counts = _containers(engine) if shared_size else {}
    found: list[dict[str, Any]] = []
    for image in images:
        if before_ns is not None and image.created_ns >= before_ns:
            continue
        if since_ns is not None and image.created_ns <= since_ns:
            continue
        if until_ns is not None and image.created_ns > until_ns:
            continue
        labels = image.config.get("Labels")
        if "label" in filters and not filters.labels(labels):
            continue
        tags = names.get(image.id, [])
        by_digest = digests.get(image.id, [])
        patterns = filters.get("reference")
        if patterns:
            tags = [name for name in tags if _fits(name, patterns)]
            by_digest = [name for name in by_digest if _fits(name, patterns)]
            if not tags and not by_digest:
                continue
        if not tags and not by_digest and image.id in parents and (not all or (dangling_given and dangling)):
            continue  # another image stands on it
        if dangling_given and dangling != (not tags):
            continue
        found.append(
            {
                "Containers": counts.get(image.id, 0) if shared_size else -1,
                "Created": image.created_ns // 1_000_000_000,
                "Id": image.id,
                "Labels": labels,
                "ParentId": image.parent_id,
                "RepoDigests": [name.familiar for name in by_digest],
                "RepoTags": [name.familiar for name in tags],
                "SharedSize": shared.get(image.id, 0) if shared_size else -1,
                "Size": image.size_bytes,
            }
        )
    return found


def _moment(engine: Engine, filters: Filters, name: str) -> int | None:
    moments = [store.find(engine, ref).created_ns for ref in filters.get(name)]
    if not moments:
        return None
    return min(moments) if name == "before" else max(moments)


def _until(filters: Filters, now_ns: int) -> int | None:
    if "until" not in filters:
        return None
    import time

    try:
        return max(clock.timestamp(text, now_ns or time.time_ns()) for text in filters.get("until"))
    except ValueError as error:
        raise DockerError(str(error)) from None


def _fits(name: Reference, patterns: list[str]) -> bool:
    """Go's path.Match of docker's reference.FamiliarMatch: against the whole familiar reference and against the name alone."""
    return any(_match(pattern, name.familiar) or _match(pattern, name.familiar_name) for pattern in patterns)


def _match(pattern: str, text: str) -> bool:
    """Go's path.Match: * and ? stop at slashes, [a-z] and [^a-z] are classes, a backslash takes the next character as it is.

    Raises  InvalidParameter for a malformed pattern
    """
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(_match(rest, text[end:]) for end in range(len(text.partition("/")[0]) + 1))
    if head == "[":
        accepted, rest = _class(rest)
        return bool(text) and text[0] != "/" and accepted(text[0]) and _match(rest, text[1:])
    if head == "\\":
        if not rest:
            raise InvalidParameter("syntax error in pattern")
        head, rest = rest[0], rest[1:]
    elif head == "?":
        return bool(text) and text[0] != "/" and _match(rest, text[1:])
    return text[:1] == head and _match(rest, text[1:])


def _class(pattern: str) -> tuple[Callable[[str], bool], str]:
    """What a class accepts, and the pattern after it."""
    negated = pattern[:1] == "^"
    position = 1 if negated else 0
    ranges: list[tuple[str, str]] = []
    while pattern[position : position + 1] != "]" or not ranges:
        low, position = _class_character(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            high, position = _class_character(pattern, position + 1)
        ranges.append((low, high))
    return (lambda char: any(low <= char <= high for low, high in ranges) != negated), pattern[position + 1 :]


def _class_character(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position : position + 1] == "\\":
        position += 1
    if position >= len(pattern) or pattern[position] in "-]":
        raise InvalidParameter("syntax error in pattern")
    return pattern[position], position + 1


def _shared(engine: Engine, images: list[ImageRecord]) -> dict[str, int]:
    """Bytes of each image in layers that another image has too."""
    sizes = {row[0]: row[1] for row in engine.db.all("SELECT diff_id, size_bytes FROM layers")}
    uses: dict[str, int] = {}
    for image in images:
        for chain in set(chain_ids(image.diff_ids)):
            uses[chain] = uses.get(chain, 0) + 1
    return {
        image.id: sum(sizes.get(diff_id, 0) for diff_id, chain in zip(image.diff_ids, chain_ids(image.diff_ids)) if uses[chain] > 1)
        for image in images
    }


def _containers(engine: Engine) -> dict[str, int]:
    return {row[0]: row[1] for row in engine.db.all("SELECT image_id, count(*) FROM containers GROUP BY image_id")}
