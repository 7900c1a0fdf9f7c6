"""`volume prune`."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.system.events import record
from dockercompat.engine.volume import arriving, store
from dockercompat.engine.volume.remove import remove
from dockercompat.errors import Conflict, InvalidParameter, NotFound
from dockercompat.kernel import holder
from dockercompat.spec.filter import Filters
from dockercompat.spec.number import quoted
from dockercompat.storage.changes import files_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


def _everything(filters: Filters) -> bool:
    given = filters.get("all")
    if len(given) > 1:
        raise InvalidParameter(f"invalid filter 'all=[{' '.join(sorted(given))}]': only one value is expected")
    if given and given[0] not in _TRUE and given[0] not in _FALSE:
        raise InvalidParameter(f"invalid filter 'all': strconv.ParseBool: parsing {quoted(given[0])}: invalid syntax")
    return bool(given) and given[0] in _TRUE


def prune(engine: Engine, filters: Filters | None = None) -> dict[str, Any]:
    """Remove the volumes that no container uses: anonymous ones, with the filter all=true those with a name too.

    One with options stays, as with docker: what it holds may be somewhere else. What killed imports and clones left goes too.

    Raises  InvalidFilter
    """
    filters = filters or Filters()
    filters.check(("all", "label", "label!"))
    everything = _everything(filters)
    removed: list[str] = []
    size = 0
    arriving.sweep(engine)
    unused = "NOT EXISTS (SELECT 1 FROM volume_users WHERE volume = volumes.name)"
    for row in engine.db.all(f"SELECT * FROM volumes WHERE options IN ('null', '{{}}') AND {unused} ORDER BY name"):
        if not (everything or row["anonymous"]) or not filters.labels(json.loads(row["labels"])):
            continue
        holder.join(engine.paths.run_dir)
        try:
            own = files_size(store.data_dir(engine, row["name"]))
        except FileNotFoundError:
            own = 0
        try:
            remove(engine, row["name"])
        except (Conflict, NotFound):  # a container took it, or another command was first
            continue
        removed.append(row["name"])
        size += own
    record(engine, "volume", "prune", "", {"reclaimed": str(size)})
    return {"VolumesDeleted": removed, "SpaceReclaimed": size}
