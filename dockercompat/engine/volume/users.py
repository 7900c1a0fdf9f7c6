"""Volumes as containers use them: made when needed, filled from the image once, gone with their last user when anonymous."""

from __future__ import annotations

import os
import stat

from dockercompat.engine.volume import create, mounting, store
from dockercompat.engine.volume.remove import remove
from dockercompat.errors import Conflict, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
        made = create.create(engine, name, driver=driver, options=options, labels=labels)
        engine.db.execute("INSERT OR IGNORE INTO volume_users (volume, container_id) VALUES (?, ?)", (name, container_id))
    source: str = made["Mountpoint"]
    return source


def prepare_mounts(engine: Engine, mounts: Sequence[Mapping[str, Any]], lower_dirs: Sequence[str], *, first: bool) -> None:
    """Before a container's mounts are made: have its volumes there and mounted, and filled from the image.

    mounts      the container's mount points
    lower_dirs  the layers of its image, top first
    first       the container has never run: only then is a volume filled
    The process has joined the holder; what a private mount namespace shows is what was mounted before it was made.
    """
    for mount in mounts:
        if mount.get("Type") != "volume" or not mount.get("Name"):
            continue
        mounting.activate(engine, mount["Name"])
        if first and not mount.get("NoCopy") and not mount.get("SourcePath"):
            copy_up(engine, lower_dirs, mount["Destination"], mount["Name"])


def copy_up(engine: Engine, lower_dirs: Sequence[str], container_path: str, name: str) -> None:
    """Give a volume what the image has at the path where it will be mounted: content into an empty one, owner and mode always.

    lower_dirs      the image's layers, top first
    container_path  links in it are followed inside the image
    The process has joined the holder. Two containers that use a new volume at once are served one after the other.
    """
    from dockercompat.storage.changes import LowerView, copy_merged  # only a container's first start needs it

    view = LowerView(lower_dirs)
    path = view.resolve(container_path)
    entry = view.find(path) if path else None
    if entry is None or not stat.S_ISDIR(entry[1].st_mode):
        return
    with store.lock(engine, name):
        directory = mounting.activate(engine, name)
        if not os.listdir(directory):
            copy_merged(view, path, directory)
        status = entry[1]
        own = os.stat(directory)
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(directory, status.st_uid, status.st_gid)
            except PermissionError:  # a bound directory of somebody else, or a single-id namespace
                return
        if stat.S_IMODE(own.st_mode) != stat.S_IMODE(status.st_mode):
            os.chmod(directory, stat.S_IMODE(status.st_mode))


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
