"""`volume clone`: a second volume with the same content, sharing its blocks where the file system can."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.volume import reading, store
from dockercompat.engine.volume.arriving import Arrival
from dockercompat.kernel import holder
from dockercompat.storage.merge import copy_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def clone(engine: Engine, source: str, target: str) -> dict[str, Any]:
    """Copy a volume, data and labels, to one that does not exist yet; the new one's Volume.

    Options are not copied: the clone of a volume that is mounted from elsewhere is a plain one. A volume that changes meanwhile is copied
    as its files were one after the other. Interrupted, nothing of the clone is there.
    Raises  NoSuchVolume, InvalidParameter for a bad name, Conflict for one that is taken, OSError (ENOSPC, EDQUOT)
    """
    labels: dict[str, str] = json.loads(store.load(engine, source)["labels"]) or {}
    labels.pop(store.ANONYMOUS_LABEL, None)
    holder.join(engine.paths.run_dir)
    with Arrival(engine, target) as arrival, reading.Opened(engine, source) as directory:
        copy_tree(directory, arrival.data_dir)
        arrival.settle(labels)
    return store.to_json(engine, store.load(engine, target))
