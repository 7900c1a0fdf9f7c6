"""`volume rm`."""

from __future__ import annotations

import os

from dockercompat.engine.system.events import record
from dockercompat.engine.volume import mounting, store
from dockercompat.errors import Conflict, NoSuchVolume
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def remove(engine: Engine, name: str, *, force: bool = False) -> None:
    """Remove a volume and its data. The process has joined the holder: files in it may belong to subordinate ids.

    force   a volume that does not exist is no error
    Raises  NoSuchVolume, Conflict when a container uses it, running or not
    """
    if store.find(engine, name) is None:  # whatever the words are, no file is named after them
        if force:
            return
        raise NoSuchVolume(name)
    with store.lock(engine, name) as held:
        with engine.db.transaction():
            if store.find(engine, name) is None:
                if force:
                    return
                raise NoSuchVolume(name)
            users = store.users(engine, name)
            if users:
                raise Conflict(f"remove {name}: volume is in use - [{', '.join(users)}]")
            engine.db.execute("DELETE FROM volumes WHERE name = ?", (name,))
        mounting.deactivate(engine, name)
        directory = store.volume_dir(engine, name)
        if os.path.isdir(directory):
            remove_tree(directory)
        held.release(remove=True)
    record(engine, "volume", "destroy", name, {"driver": "local"})
