"""What is about another engine as a whole: version, information, events, disk usage, log-in, plugins, build cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.remote.answer import Unreadable
from dockercompat.remote.client import filters_text
from dockercompat.remote.container import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters


def version(engine: Remote) -> dict[str, Any]:
    found: dict[str, Any] = engine.get("/version")
    return found


def info(engine: Remote) -> dict[str, Any]:
    answer = engine.request("GET", "/info")
    try:
        found: dict[str, Any] = answer.document()
    except Unreadable as error:
        raise Unreadable(f"Error reading remote info: {error}") from None
    return found


def events(
    engine: Remote, *, since_ns: int | None = None, until_ns: int | None = None, filters: Filters | None = None
) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"since": moment(since_ns), "until": moment(until_ns), "filters": filters_text(filters)}
    yield from engine.request("GET", "/events", query).messages()


def df(engine: Remote, kinds: frozenset[str] = frozenset(("image", "container", "volume", "build-cache"))) -> dict[str, Any]:
    found: dict[str, Any] = engine.get("/system/df", type=sorted(kinds))
    for image in found.get("Images") or ():  # null on the wire where there is no name
        image.update({name: image[name] or [] for name in ("RepoDigests", "RepoTags")})
    return found
