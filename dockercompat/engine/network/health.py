"""Whether the helpers that running containers need are there: a quick look for commands that only list (half a millisecond, no imports)."""

from __future__ import annotations

from dockercompat.net.process import recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def needs_repair(engine: Engine) -> bool:
    """Whether containers hold addresses and a helper is gone; attach.repair brings it back. No need to have joined the holder."""
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        return False
    from dockercompat.net import resolver

    run_dir = engine.paths.run_dir
    if not recorded(f"{run_dir}/uplink.pid") or resolver.was_killed(run_dir):
        return True
    return not recorded(f"{run_dir}/relay.pid") and engine.db.one("SELECT 1 FROM published_ports LIMIT 1") is not None
