"""Whether the helpers that running containers need are there: a quick look for commands that only list (half a millisecond, no imports)."""

from __future__ import annotations

import _socket

from dockercompat.net import resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def needs_repair(engine: Engine) -> bool:
    """Whether containers hold addresses and a helper is gone; attach.repair brings it back. No need to have joined the holder."""
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        return False
    run_dir = engine.paths.run_dir
    return not _listens(f"{run_dir}/slirp4netns.sock") or resolver.was_killed(run_dir)


def _listens(path: str) -> bool:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        connection.connect(path)
    except OSError:
        return False
    finally:
        connection.close()
    return True
