"""Whether the helpers that running containers need are there, and no addresses that nobody needs.

A quick look for commands that only list: half a millisecond, no imports.
"""

from __future__ import annotations

from dockercompat.host.lock import Lock
from dockercompat.net.process import recorded, was_killed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def needs_repair(engine: Engine) -> bool:
    """Whether containers hold addresses and a helper is gone; attach.repair brings it back. No need to have joined the holder."""
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        return False
    run_dir = engine.paths.run_dir
    if not recorded(f"{run_dir}/uplink.pid") or was_killed(f"{run_dir}/names.pid"):
        return True
    return not recorded(f"{run_dir}/relay.pid") and engine.db.one("SELECT 1 FROM published_ports LIMIT 1") is not None


def has_abandoned(engine: Engine) -> bool:
    """Whether a start that was killed has left addresses, and so names; stale.sweep_leases takes them back."""
    sql = (
        "SELECT DISTINCT c.id FROM addresses a JOIN containers c ON c.id = a.container_id"
        " WHERE c.status IN ('created', 'exited', 'dead') AND c.pid = 0"
    )
    for row in engine.db.all(sql):
        held = Lock(f"{engine.paths.locks_dir}/{row['id']}")  # which a start that goes on holds (engine/container/state.py)
        if held.acquire(block=False):
            held.release()
            return True
    return False
