"""Results of steps by their cache keys: of the database, or of a cache that is kept elsewhere."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.build.planning.graph import digest_of
from dockercompat.engine.image import stack
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.build.planning.graph import Vertex
    from dockercompat.build.solving.imported import Imported
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.leases import Lease

_USED_NS = 60_000_000_000  # a use within this time of the last one is not written down


class Found(Record):
    """A result that is here."""

    diff_id: str
    created_ns: int


class Results:
    """The results that one build looks up and records.

    imported  cache that is kept elsewhere
    lease     what is found is taken into it
    """

    def __init__(self, engine: Engine, imported: Imported | None, lease: Lease) -> None:
        self.engine = engine
        self.lease = lease
        self.imported = imported
        self.uses: list[str] = []

    def find(self, vertex: Vertex, key: str) -> Found | None:
        """The result of a step with this key whose layer is here, or is brought here."""
        return self._here(key) or (self._here(key) if self._import(vertex, key) else None)

    def _here(self, key: str) -> Found | None:
        row = self.engine.db.one("SELECT result, created_ns, used_ns FROM build_cache WHERE key = ?", (key,))
        if row is None:
            return None
        diff_id = json.loads(row[0])["layer"]
        self.lease.take((diff_id,))
        if not os.path.isdir(stack.layer_dir(self.engine, diff_id)):
            return None
        if time.time_ns() - row[2] > _USED_NS:
            self.uses.append(key)
        return Found(diff_id, row[1])

    def _import(self, vertex: Vertex, key: str) -> bool:
        """Take a result from a cache that is kept elsewhere; whether there was one."""
        remote = self.imported.get(key) if self.imported is not None else None
        if remote is None or self.imported is None or not self.imported.bring(remote):
            return False
        row = self.engine.db.one("SELECT size_bytes FROM layers WHERE diff_id = ?", (remote.diff_id,))
        self.record(vertex, key, remote.diff_id, row[0] if row is not None else 0)
        return True

    def record(self, vertex: Vertex, key: str, diff_id: str, size: int) -> int:
        """Note a cache entry; when it was made."""
        now = time.time_ns()
        self.engine.db.execute(
            "INSERT OR REPLACE INTO build_cache (key, result, created_ns, used_ns, uses, size_bytes, description)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (key, json.dumps({"layer": diff_id}), now, now, size, vertex.name),
        )
        return now

    def was_used(self, diff_ids: tuple[str, ...]) -> bool:
        """Whether a step was done on this stack of layers before; from now on it was."""
        key = digest_of(["base", diff_ids])
        if self.engine.db.one("SELECT 1 FROM build_content WHERE key = ?", (key,)) is not None:
            return True
        self.engine.db.execute("INSERT OR REPLACE INTO build_content (key, content, used_ns) VALUES (?, '', ?)", (key, time.time_ns()))
        return False

    def note_uses(self) -> None:
        """Write down what was looked up, for prune."""
        if self.uses:
            now = time.time_ns()
            self.engine.db.execute_many(
                "UPDATE build_cache SET used_ns = ?, uses = uses + 1 WHERE key = ?", [(now, key) for key in self.uses]
            )
