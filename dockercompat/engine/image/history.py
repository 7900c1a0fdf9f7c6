"""GET /images/NAME/history."""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.engine.image.ensure import platform_mismatch
from dockercompat.errors import NoSuchImage
from dockercompat.spec import platform as platforms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def history(engine: Engine, ref: str, *, platform: str = "") -> list[dict[str, Any]]:
    """The steps an image was made by, as the API's HistoryResponseItem, newest first."""
    image = store.find(engine, ref)
    if platform:
        wanted = platforms.parse(platform)
        if not platforms.matches(wanted, image.document.platform):
            raise platform_mismatch(ref, image.document.platform, wanted)
    sizes = {row[0]: row[1] for row in engine.db.all("SELECT diff_id, size_bytes FROM layers")}
    steps: list[dict[str, Any]] = []
    remaining = list(image.diff_ids)
    for entry in image.document.history:
        size = 0
        if not entry.get("empty_layer") and remaining:
            size = sizes.get(remaining.pop(0), 0)
        steps.append(
            {
                "Comment": str(entry.get("comment") or ""),
                "Created": store.moment_ns(str(entry.get("created") or "")) // 1_000_000_000,
                "CreatedBy": str(entry.get("created_by") or ""),
                "Id": "<missing>",
                "Size": size,
                "Tags": None,
            }
        )
    steps.reverse()
    current = image
    for step in steps:  # as docker: the image on top, then its parents, one a step
        step["Id"] = current.id
        step["Tags"] = [name.familiar for name in store.tags_of(engine, current.id)] or None
        if not current.parent_id:
            break
        try:
            current = store.by_id(engine, current.parent_id)
        except NoSuchImage:
            break
    return steps
