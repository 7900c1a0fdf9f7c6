"""POST /images/prune."""

from __future__ import annotations

import time

from dockercompat.engine.image import layers, store
from dockercompat.engine.image.remove import remove
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, DockerError, NoSuchImage
from dockercompat.spec import clock
from dockercompat.spec.filter import Filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

FILTERS = ("dangling", "label", "label!", "until")


def prune(engine: Engine, filters: Filters | None = None) -> dict[str, Any]:
    """Remove images without a tag, or with the filter dangling=false all that no container uses.

    Returns  {"ImagesDeleted": [{"Untagged": ...}, {"Deleted": ...}], "SpaceReclaimed": bytes of layers that are gone}
    Raises   InvalidFilter, DockerError for a malformed until
    """
    filters = filters or Filters()
    filters.check(FILTERS)
    dangling_only = filters.boolean("dangling", True)
    until_ns = _until(filters)
    before = _bytes(engine)
    deleted: list[dict[str, str]] = []
    for image in store.every(engine):
        if until_ns is not None and image.created_ns > until_ns:
            continue
        if not filters.labels(image.config.get("Labels")):
            continue
        tags, names = store.tags_of(engine, image.id), store.digests_of(engine, image.id)
        if not tags and not names and store.children_of(engine, image.id):
            continue
        if tags and dangling_only:
            continue
        for ref in [name.familiar for name in (*tags, *names)] or [image.id]:
            try:
                deleted += remove(engine, ref)
            except (Conflict, NoSuchImage):
                continue  # a container or another image uses it, or it went with an earlier name
    layers.collect(engine)
    layers.sweep(engine)
    reclaimed = max(0, before - _bytes(engine))
    layers.content(engine).drop_partials()
    events.record(engine, "image", "prune", "", {"reclaimed": str(reclaimed)})
    return {"ImagesDeleted": deleted or None, "SpaceReclaimed": reclaimed}


def _until(filters: Filters) -> int | None:
    given = filters.get("until")
    if not given:
        return None
    if len(given) > 1:
        raise DockerError("more than one until filter specified")
    try:
        return clock.timestamp(given[0], time.time_ns())
    except ValueError as error:
        raise DockerError(str(error)) from None


def _bytes(engine: Engine) -> int:
    """What layers take unpacked, as recorded: what docker counts, too."""
    row = engine.db.one("SELECT coalesce((SELECT sum(size_bytes) FROM layers), 0)")
    return row[0] if row is not None else 0
