"""Volumes as containers use them: made when needed, filled from the image when new, gone with their last user when anonymous."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.volume import create, filling, mounting, store
from dockercompat.engine.volume.remove import remove
from dockercompat.errors import Conflict, NotFound
from dockercompat.kernel import holder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.engine.engine import Engine


def use(
    engine: Engine,
    name: str,
    container_id: str,
    *,
    anonymous: bool = False,
    driver: str = "",
    options: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Record that a container, whose row is there, uses a volume, made when there is none of this name; the volume's data directory.

    anonymous  the name was drawn for it, and it goes with its container's `rm -v`
    Raises     as create does
    """
    if anonymous:
        labels = {**(labels or {}), store.ANONYMOUS_LABEL: ""}
    with engine.db.transaction():  # no prune comes between
        made = create.create(engine, name, driver=driver, options=options or None, labels=labels)
        engine.db.execute("INSERT OR IGNORE INTO volume_users (volume, container_id) VALUES (?, ?)", (name, container_id))
    source: str = made["Mountpoint"]
    return source


def prepare_mounts(engine: Engine, mounts: Sequence[Mapping[str, Any]], lower_dirs: Sequence[str], *, first: bool) -> dict[str, str]:
    """Before a container's mounts are made: have its volumes there, mounted, and complete; what those with options are mounted with.

    mounts      the container's mount points
    lower_dirs  the layers of its image, top first
    first       the container has never run: a copy from its image that was cut off is made again
    The process has joined the holder; what a private mount namespace shows is what was mounted before it was made.
    Returns     name -> words of mount(8) that bind mounts of it need as well ("ro noexec"), for those that have any
    """
    restricted: dict[str, str] = {}
    for point in mounts:
        if point.get("Type") != "volume" or not point.get("Name"):
            continue
        name: str = point["Name"]
        options = store.load(engine, name)["options"]
        if options == "null" and not filling.is_pending(engine, name):
            store.make_dirs(engine, name)
            continue
        with store.lock(engine, name):
            mounting.activate(engine, name)
            cut_off = filling.resume(engine, name)
        if words := mounting.restrictions(json.loads(options) or {}):
            restricted[name] = words
        if cut_off and first and filling.is_wanted(point):
            filling.fill(engine, point, lower_dirs)
    return restricted


def fill_new(engine: Engine, points: Sequence[Mapping[str, Any]], find_layers: Callable[[], Sequence[str]]) -> None:
    """Fill the empty volumes of a new container from its image, as docker does when it creates one.

    find_layers  gives the image's layers, top first
    Raises       as filling.fill does
    """
    wanted = [point for point in points if filling.is_wanted(point)]
    if not wanted:
        return
    holder.join(engine.paths.run_dir)
    lower_dirs = find_layers()
    for point in wanted:
        filling.fill(engine, point, lower_dirs)


def anonymous_of(engine: Engine, container_id: str) -> list[str]:
    """Names of the anonymous volumes that a container uses."""
    rows = engine.db.all(
        "SELECT volume FROM volume_users JOIN volumes ON volumes.name = volume WHERE container_id = ? AND anonymous", (container_id,)
    )
    return [row["volume"] for row in rows]


def remove_if_unused(engine: Engine, name: str) -> bool:
    """Remove a volume unless a container uses it; whether it was removed. The process has joined the holder."""
    try:
        remove(engine, name)
    except (Conflict, NotFound):
        return False
    return True
