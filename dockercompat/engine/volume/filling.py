"""A new volume gets what the image has where it is mounted: all of it or, whatever happens meanwhile, nothing yet.

The copy is made beside the data (NAME/fill.new), named NAME/fill when it is complete, and then moved. Who finds a `fill` moves the rest;
who finds a `fill.new` and has the volume's lock has found what a killed process left, and throws it away.
"""

from __future__ import annotations

import os
import stat

from dockercompat import json
from dockercompat.engine.volume import mounting, store
from dockercompat.errors import DockerError
from dockercompat.storage.tree import empty_dir, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.storage.changes import LowerView


def is_wanted(point: Mapping[str, Any]) -> bool:
    """Whether a mount point is a volume that is filled from the image."""
    return point["Type"] == "volume" and bool(point.get("Name")) and not point.get("NoCopy") and "SourcePath" not in point


def fill(engine: Engine, point: Mapping[str, Any], lower_dirs: Sequence[str]) -> None:
    """Fill an empty volume with what the image has at the path of the mount point, owner and mode of that directory included.

    lower_dirs  the image's layers, top first; links in the path are followed inside them
    The process has joined the holder. Two containers that use a new volume at once are served one after the other.
    Raises      DockerError in docker's words, where the image has a file there, and when the disk is full: the volume is empty then
    """
    from dockercompat.storage.changes import LowerView

    view = LowerView(lower_dirs)
    path = view.resolve(point["Destination"])
    entry = view.find(path) if path else None
    if entry is None:
        return
    name = point["Name"]
    options: dict[str, str] = json.loads(store.load(engine, name)["options"]) or {}
    if options.get("device") and not mounting.is_bind(options):
        return  # what is written into it is gone with its last user
    directory = store.data_dir(engine, name)
    store.make_dirs(engine, name)
    if not options.get("device") and not is_pending(engine, name) and os.listdir(directory):
        return
    with store.lock(engine, name):
        mounting.activate(engine, name)
        resume(engine, name)
        if os.listdir(directory):
            return
        if not stat.S_ISDIR(entry[1].st_mode):
            raise DockerError(f"source {engine.paths.rootfs_dir}{path} is not directory")
        try:
            if options.get("device"):
                _copy_in_place(view, path, entry, directory)
            else:
                _copy_beside(view, path, entry, store.volume_dir(engine, name))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DockerError(f"failed to populate volume: copy {path} to {directory}: {reason}") from None


def is_pending(engine: Engine, name: str) -> bool:
    """Whether somebody is filling a volume, or has been killed doing so."""
    directory = store.volume_dir(engine, name)
    return os.path.lexists(f"{directory}/fill.new") or os.path.lexists(f"{directory}/fill")


def resume(engine: Engine, name: str) -> bool:
    """Complete what a killed process has begun, as far as it had come; True when the copy was not complete. The caller has the lock."""
    directory = store.volume_dir(engine, name)
    if os.path.lexists(f"{directory}/fill"):
        _move(directory)
    if not os.path.lexists(f"{directory}/fill.new"):
        return False
    remove_tree(f"{directory}/fill.new")
    return True


def _copy_beside(view: LowerView, path: str, entry: tuple[str, os.stat_result], directory: str) -> None:
    from dockercompat.storage.changes import copy_merged
    from dockercompat.storage.merge import copy_metadata

    staging = f"{directory}/fill.new"
    try:
        os.mkdir(staging, 0o700)
        copy_merged(view, path, staging)
        copy_metadata(entry[0], staging, entry[1])
        os.rename(staging, f"{directory}/fill")
    except BaseException:
        remove_tree(staging)
        raise
    _move(directory)


def _move(directory: str) -> None:
    from dockercompat.storage.merge import copy_metadata

    source, target = f"{directory}/fill", f"{directory}/_data"
    for name in os.listdir(source):
        os.rename(f"{source}/{name}", f"{target}/{name}")
    copy_metadata(source, target, os.lstat(source))
    os.rmdir(source)


def _copy_in_place(view: LowerView, path: str, entry: tuple[str, os.stat_result], directory: str) -> None:
    """Fill what is mounted on a volume: a directory of the host."""
    from dockercompat.storage.changes import copy_merged

    try:
        copy_merged(view, path, directory)
    except BaseException:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            empty_dir(fd)
        finally:
            os.close(fd)
        raise
    try:
        os.chown(directory, entry[1].st_uid, entry[1].st_gid)
        os.chmod(directory, stat.S_IMODE(entry[1].st_mode))
    except PermissionError:  # it is somebody else's
        return
