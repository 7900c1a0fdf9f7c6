"""/images of another engine: the functions of engine/image/ by the same names, over requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import InvalidReference
from dockercompat.remote.client import filters_text, platform_text, registry_auth, segment
from dockercompat.spec.reference import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, BinaryIO

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters

    Message = dict[str, Any]

_TAR = {"Content-Type": "application/x-tar"}


def list_images(
    engine: Remote, *, all: bool = False, filters: Filters | None = None, shared_size: bool = False, now_ns: int = 0
) -> list[dict[str, Any]]:
    engine.negotiate()
    found: list[dict[str, Any]] = engine.get("/images/json", all=all, filters=filters_text(filters), **{"shared-size": shared_size})
    return found


def inspect(engine: Remote, ref: str, *, platform: str = "") -> dict[str, Any]:
    found: dict[str, Any] = engine.get(f"/images/{segment(ref)}/json", platform=platform_text(platform))
    return found


def history(engine: Remote, ref: str, *, platform: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.get(f"/images/{segment(ref)}/history", platform=platform_text(platform))
    return found


def tag(engine: Remote, source: str, target: str) -> None:
    name = parse(target)
    engine.post(f"/images/{segment(source)}/tag", repo=name.repository, tag=name.tagged.tag)


def remove(
    engine: Remote, ref: str, *, force: bool = False, prune_parents: bool = True, wanted: Sequence[str] = ()
) -> list[dict[str, str]]:
    found: list[dict[str, str]] = engine.delete(
        f"/images/{segment(ref)}", force=force, noprune=not prune_parents, platforms=[platform_text(each) for each in wanted or ()]
    )
    return found


def prune(engine: Remote, filters: Filters | None = None) -> dict[str, Any]:
    engine.negotiate()
    found: dict[str, Any] = engine.post("/images/prune", filters=filters_text(filters))
    return found


def search(engine: Remote, term: str, *, filters: Filters | None = None, limit: int = 0) -> list[dict[str, Any]]:
    try:
        headers = registry_auth(engine, parse(term).domain)
    except InvalidReference:
        headers = {}
    query: dict[str, Any] = {"term": term, "limit": limit or "", "filters": filters_text(filters)}
    found: list[dict[str, Any]] = engine.request("GET", "/images/search", query, None, headers).document()
    return found


def pull(
    engine: Remote,
    ref: str,
    *,
    platform: str = "",
    all_tags: bool = False,
    credentials: object = None,
    policy: object = None,
) -> Iterator[Message]:
    name = parse(ref)
    chosen = "" if all_tags else name.digest or name.tagged.tag
    query: dict[str, Any] = {"fromImage": name.repository, "tag": chosen, "platform": platform}
    yield from engine.messages("/images/create", query, None, registry_auth(engine, name.domain))


def push(
    engine: Remote,
    ref: str,
    *,
    all_tags: bool = False,
    platform: str = "",
    credentials: object = None,
    policy: object = None,
) -> Iterator[Message]:
    name = parse(ref)
    query: dict[str, Any] = {"tag": "" if all_tags else name.tagged.tag, "platform": platform_text(platform)}
    yield from engine.messages(f"/images/{segment(name.familiar_name)}/push", query, None, registry_auth(engine, name.domain))


def save(engine: Remote, refs: Sequence[str], out: BinaryIO, *, platform: str = "") -> None:
    query: dict[str, Any] = {"names": [*refs], "platform": platform_text(platform)}
    for piece in engine.request("GET", "/images/get", query).pieces():
        out.write(piece)


def load(engine: Remote, source: BinaryIO, *, platform: str = "") -> Iterator[Message]:
    query: dict[str, Any] = {"quiet": "0", "platform": platform_text(platform)}
    yield from engine.messages("/images/load", query, source, _TAR)


def import_(
    engine: Remote,
    source: BinaryIO | str,
    *,
    repository: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    platform: str = "",
    begun: Callable[[], None] | None = None,
) -> str:
    query: dict[str, Any] = {
        "fromSrc": source if isinstance(source, str) else "-",
        "repo": repository,
        "message": message,
        "changes": [*changes],
        "platform": platform,
    }
    image_id = ""
    for each in engine.messages("/images/create", query, None if isinstance(source, str) else source):
        image_id = str(each.get("status") or "")
        if begun is not None and image_id.startswith("Downloading from"):
            begun()
    return image_id


def ensure(
    engine: Remote,
    ref: str,
    policy: str = "missing",
    platform: str = "",
    progress: Callable[[Message], None] | None = None,
    credentials: object = None,
) -> None:
    """Pull an image that the engine said it has not got."""
    if policy == "missing" and progress is not None:
        progress({"stream": f"Unable to find image '{parse(ref).tagged.familiar}' locally\n"})
    for message in pull(engine, ref, platform=platform):
        if progress is not None:
            progress(message)
