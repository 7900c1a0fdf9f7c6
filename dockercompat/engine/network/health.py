"""Whether the helpers that running containers need are there: a quick look for commands that only list (half a millisecond, no imports)."""

from __future__ import annotations

import _socket

from dockercompat.net.process import is_ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def needs_repair(engine: Engine) -> bool:
    """Whether containers hold addresses and a helper is gone; attach.repair brings it back. No need to have joined the holder."""
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        return False
    run_dir = engine.paths.run_dir
    return not _listens(f"{run_dir}/slirp4netns.sock") or _was_killed(f"{run_dir}/dns/aardvark.pid")


def _listens(path: str) -> bool:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        connection.connect(path)
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _was_killed(pid_path: str) -> bool:
    """Whether a program left its pid file behind; one that is stopped takes it along."""
    try:
        with open(pid_path, encoding="utf-8") as file:
            process_id = int(file.read())
    except (OSError, ValueError):
        return False
    return is_ending(process_id)
