"""Removing build cache: results of steps with the layers that only they hold, and cache mounts."""

from __future__ import annotations

import os
import time

from dockercompat.build.solving.workers import remove_stale
from dockercompat.engine.builder import list as cache
from dockercompat.engine.image import layers
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.record import Record
from dockercompat.spec import clock
from dockercompat.spec.filter import Filters
from dockercompat.storage.tree import remove_tree

_MEMORIES = ("build_content", "build_steps")
_ROWS_MAX = 20_000  # that many memories of each kind are kept
_ROWS_SLACK = 2_000
_BUDGET_MIN = 10_000_000_000
_RESERVED = ("reservedSpace", "defaultReservedSpace", "defaultKeepStorage")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.builder.list import Entry
    from dockercompat.engine.engine import Engine


class Pruned(Record):
    """What went, and the bytes that are free now: a layer that an image holds frees none."""

    entries: tuple[Entry, ...]
    freed_bytes: int


def prune(
    engine: Engine,
    *,
    everything: bool = False,
    filters: Filters | None = None,
    reserved_bytes: int = 0,
    max_used_bytes: int = 0,
    min_free_bytes: int = 0,
) -> Pruned:
    """Remove build cache, the longest unused first; what a build under way counts on stays. The process has joined the holder.

    everything  also entries whose layers images hold
    filters     until and unused-for: a duration since the last use; the rest as Entry.passes has it
    reserved_bytes, max_used_bytes, min_free_bytes  as BuildKit has them: cache of the first size always stays, what is over the second
                goes, and more when the disk has less than the third free; all 0: everything goes
    Raises      InvalidParameter for a malformed until
    """
    filters = filters or Filters()
    before_ns = _until(filters)
    remove_stale(engine)
    entries = cache.list(engine)
    limited = bool(reserved_bytes or max_used_bytes or min_free_bytes)
    left = sum(entry.size_bytes for entry in entries)
    keep = kept_bytes(left, _free_bytes(engine), reserved_bytes, max_used_bytes, min_free_bytes)
    labelled = filters.get("label") or filters.get("label!")  # nothing in the cache has a label
    chosen = []
    for entry in entries if not labelled else ():
        if limited and left <= keep:
            break
        if entry.in_use or (entry.shared and not everything) or (before_ns is not None and entry.used_ns > before_ns):
            continue
        if entry.passes(filters):
            left -= entry.size_bytes
            chosen.append(entry)
    gone, freed = _drop(engine, chosen)
    if everything and not limited and not filters:
        now = time.time_ns()
        for table in _MEMORIES:
            engine.db.execute(f"DELETE FROM {table} WHERE used_ns <= ?", (now,))
        _forget_contexts(engine)
    events.record(engine, "builder", "prune", "", {"reclaimed": str(freed)})
    return Pruned(tuple(gone), freed)


def kept_bytes(total: int, free: int, reserved: int, max_used: int, min_free: int) -> int:
    """How much cache is to stay, by BuildKit's rule."""
    keep = max_used
    excess = min_free - free
    if excess > 0:
        keep = min(keep, total - excess) if keep else total - excess
    elif min_free and not max_used:
        keep = total
    return max(keep, reserved)


def collect_garbage(engine: Engine, *, began_ns: int) -> int:
    """After a build: when the cache has outgrown its budget, remove what was longest unused and no image holds; the bytes freed.

    began_ns  what was used since then stays
    """
    total = engine.db.one("SELECT coalesce(sum(size_bytes), 0) FROM build_cache")
    for table in _MEMORIES:
        if (count := engine.db.one(f"SELECT count(*) FROM {table}")) is not None and count[0] > _ROWS_MAX + _ROWS_SLACK:
            engine.db.execute(
                f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY used_ns DESC LIMIT -1 OFFSET {_ROWS_MAX})"
            )
    if total is None or not (budget := _budget(engine)) or total[0] <= budget:
        return 0
    loose = [entry for entry in cache.list(engine, mounts=False) if not entry.shared]
    left = sum(entry.size_bytes for entry in loose)
    chosen = []
    for entry in loose:
        if left <= budget:
            break
        if entry.used_ns < began_ns and not entry.in_use:
            left -= entry.size_bytes
            chosen.append(entry)
    return _drop(engine, chosen)[1]


def _budget(engine: Engine) -> int:
    """How large the cache may be: what the environment says, or daemon.json (`builder.gc`), or a tenth of the disk; 0: no limit."""
    from dockercompat.spec.size import ram_in_bytes

    disk = os.statvfs(engine.paths.data_dir)
    given = engine.settings.build_cache_size
    if not given and engine.settings.daemon_json:
        from dockercompat import json

        try:
            with open(engine.settings.daemon_json, encoding="utf-8") as file:
                settings = json.load(file).get("builder", {}).get("gc", {})
            if settings.get("enabled") is False:
                return 0
            given = next((str(settings[name]) for name in ("maxUsedSpace", "defaultMaxUsedSpace", *_RESERVED) if settings.get(name)), "")
        except (OSError, ValueError, AttributeError):  # registries complain of it, a build that has ended well does not
            given = ""
    if given:
        try:
            return int(disk.f_blocks * disk.f_frsize * float(given[:-1]) / 100) if given.endswith("%") else ram_in_bytes(given)
        except (ValueError, DockerError):
            pass
    return max(disk.f_blocks * disk.f_frsize // 10, _BUDGET_MIN)


def _free_bytes(engine: Engine) -> int:
    disk = os.statvfs(engine.paths.data_dir)
    return disk.f_bavail * disk.f_frsize


def _drop(engine: Engine, chosen: Sequence[Entry]) -> tuple[list[Entry], int]:
    """Remove entries with the layers that only they hold, and cache mounts that no step uses now; those that went, and the bytes freed."""
    gone = []
    freed = 0
    for entry in chosen:
        if entry.type == cache.CACHE_MOUNT:
            directory = f"{cache.mounts_dir(engine.paths.data_dir)}/{entry.id}"
            lock = cache.mount_lock(engine.paths.locks_dir, entry.id)
            if not lock.acquire(block=False):
                continue
            remove_tree(directory)
            cache.forget_mount(directory)
            lock.release(remove=True)
            freed += entry.size_bytes
        gone.append(entry)
    results = [entry for entry in gone if entry.type == cache.REGULAR]
    if results:
        engine.db.execute_many("DELETE FROM build_cache WHERE key = ?", [(entry.id,) for entry in results])
        freed += layers.collect(engine, [entry.diff_id for entry in results]).size_bytes
    return gone, freed


def _forget_contexts(engine: Engine) -> None:
    directory = f"{engine.paths.data_dir}/build/contexts"
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        os.unlink(f"{directory}/{name}")


def _until(filters: Filters) -> int | None:
    given = filters.get("until") + filters.get("unused-for")
    if not given:
        return None
    try:
        return clock.timestamp(given[0], time.time_ns())
    except ValueError as error:
        raise InvalidParameter(str(error)) from None
