"""What the build cache holds: results of steps, and the directories of cache mounts."""

from __future__ import annotations

import os
import re

from dockercompat import json
from dockercompat.engine.image.leases import Leased
from dockercompat.host.lock import Lock
from dockercompat.record import Record
from dockercompat.spec import clock
from dockercompat.spec.number import quoted
from dockercompat.storage.changes import files_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.filter import Filters

REGULAR = "regular"
CACHE_MOUNT = "exec.cachemount"
_TIMES = ("until", "unused-for")


class Entry(Record):
    """A result of a step, whose layer has diff_id, or a cache mount.

    in_use  a build under way counts on it
    shared  an image holds the layer, too
    mutable  steps write to it
    """

    id: str
    type: str
    description: str
    size_bytes: int
    created_ns: int
    used_ns: int
    uses: int
    diff_id: str = ""
    in_use: bool = False
    shared: bool = False
    mutable: bool = False

    def to_json(self) -> dict[str, Any]:
        """A BuildCache record of the API."""
        return {
            "ID": self.id,
            "Type": self.type,
            "Description": self.description,
            "InUse": self.in_use,
            "Shared": self.shared or (self.type == REGULAR and self.size_bytes == 0),
            "Size": self.size_bytes,
            "CreatedAt": clock.format_ns(self.created_ns),
            "LastUsedAt": clock.format_ns(self.used_ns),
            "UsageCount": self.uses,
        }

    def passes(self, filters: Filters) -> bool:
        """Whether it is what BuildKit's filters want: `name`, `name!` or `name~` and a value, all of them; times are not looked at."""
        return all(self._passes(name, value) for name, values in filters.values.items() for value in values if name not in _TIMES)

    def _passes(self, name: str, value: str) -> bool:
        known = {
            "id": self.id,
            "description": self.description,
            "type": self.type,
            "inuse": "" if self.in_use else None,
            "mutable": "" if self.mutable else None,
            "immutable": None if self.mutable else "",
            "shared": "" if self.shared else None,
            "private": None if self.shared else "",
        }
        if name.endswith("!"):
            return known.get(name[:-1]) != value
        if name == "id" or name.endswith("~"):
            try:
                return re.search(value, known.get(name.removesuffix("~")) or "") is not None
            except re.error:
                return False
        return known.get(name) == value


def list(engine: Engine, *, mounts: bool = True) -> Sequence[Entry]:
    """All entries, the longest unused first. The process has joined the holder: files of other ids are counted, too.

    mounts  cache mounts, too; all their files are looked at
    """
    with Leased(engine) as found:
        leased = found
    images = b"\n".join(bytes(row[0]) for row in engine.db.all("SELECT config FROM images WHERE removed != 1"))
    entries = []
    for row in engine.db.all("SELECT * FROM build_cache"):
        diff_id = json.loads(row["result"])["layer"]
        entries.append(
            Entry(
                row["key"],
                REGULAR,
                row["description"],
                row["size_bytes"],
                row["created_ns"],
                row["used_ns"],
                row["uses"],
                diff_id,
                diff_id in leased,
                diff_id.encode() in images,
            )
        )
    if mounts:
        entries += _cache_mounts(engine)
    return sorted(entries, key=lambda entry: (entry.used_ns, entry.id))


def mounts_dir(data_dir: str) -> str:
    """Where the directories of cache mounts are."""
    return f"{data_dir}/build/cache"


def mount_lock(locks_dir: str, name: str, *, shared: bool = False) -> Lock:
    """The lock on a cache mount, by the name of its directory."""
    return Lock(f"{locks_dir}/cache-{name}", shared=shared)


def note_mount(directory: str, target: str, args: Sequence[str], mount_id: str, now_ns: int) -> None:
    """A step uses a cache mount now."""
    before = _notes(directory)
    notes = {
        "description": f"cached mount {target} from exec {' '.join(args)} with id {quoted(mount_id)}",
        "created_ns": before.get("created_ns", now_ns),
        "used_ns": now_ns,
        "uses": before.get("uses", 0) + 1,
    }
    os.makedirs(os.path.dirname(directory), 0o755, exist_ok=True)
    with open(f"{directory}.json", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(notes, file)


def forget_mount(directory: str) -> None:
    """The directory of a cache mount has gone."""
    try:
        os.unlink(f"{directory}.json")
    except FileNotFoundError:
        pass


def _notes(directory: str) -> Mapping[str, Any]:
    try:
        with open(f"{directory}.json", encoding="utf-8", errors="surrogateescape") as file:
            found: dict[str, Any] = json.load(file)
            return found
    except (OSError, ValueError):  # none yet, or one that another step is writing
        return {}


def _cache_mounts(engine: Engine) -> Iterator[Entry]:
    top = mounts_dir(engine.paths.data_dir)
    for name in os.listdir(top) if os.path.isdir(top) else ():
        directory = f"{top}/{name}"
        if name.endswith(".json"):
            continue
        try:
            size = files_size(directory)
            changed_ns = os.stat(directory).st_mtime_ns
        except FileNotFoundError:  # removed a moment ago, or changed by a step
            continue
        notes = _notes(directory)
        lock = mount_lock(engine.paths.locks_dir, name)
        in_use = not lock.acquire(block=False)
        lock.release()
        yield Entry(
            name,
            CACHE_MOUNT,
            notes.get("description", ""),
            size,
            notes.get("created_ns", changed_ns),
            notes.get("used_ns", changed_ns),
            notes.get("uses", 1),
            in_use=in_use,
            mutable=True,
        )
