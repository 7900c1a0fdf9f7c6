"""Volumes in the database and on disk: data is in volumes/NAME/_data."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.errors import NoSuchVolume
from dockercompat.host.lock import Lock
from dockercompat.spec import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from dockercompat.engine.engine import Engine

_RENAMED = "renamed volume:"
ANONYMOUS_LABEL = "com.docker.volume.anonymous"


def find(engine: Engine, name: str) -> sqlite3.Row | None:
    return engine.db.one("SELECT * FROM volumes WHERE name = ?", (name,))


def load(engine: Engine, name: str) -> sqlite3.Row:
    """A volume's row. Raises NoSuchVolume."""
    row = find(engine, name)
    if row is None:
        raise NoSuchVolume(name)
    return row


def volume_dir(engine: Engine, name: str) -> str:
    return f"{engine.paths.volumes_dir}/{name}"


def data_dir(engine: Engine, name: str) -> str:
    """What a container sees of a volume."""
    return f"{engine.paths.volumes_dir}/{name}/_data"


def make_dirs(engine: Engine, name: str) -> None:
    """Make a volume's directories where they are missing; also mends one whose directory was deleted by hand."""
    directory = data_dir(engine, name)
    if not os.path.isdir(directory):
        complete_rename(engine, name)
        os.makedirs(volume_dir(engine, name), 0o700, exist_ok=True)
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o755)


def note_rename(engine: Engine, name: str, new_name: str) -> None:
    """Write down that a volume's directory is to get another name, in the transaction that renames the volume."""
    engine.db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (f"{_RENAMED}{new_name}", name))


def complete_rename(engine: Engine, new_name: str) -> None:
    """Rename the directory of a volume that has its new name already; nothing happens when that is done."""
    row = engine.db.one("SELECT value FROM settings WHERE key = ?", (f"{_RENAMED}{new_name}",))
    if row is None:
        return
    try:
        os.rename(volume_dir(engine, row["value"]), volume_dir(engine, new_name))
    except FileNotFoundError:
        pass
    engine.db.execute("DELETE FROM settings WHERE key = ?", (f"{_RENAMED}{new_name}",))


def release_name(engine: Engine, name: str) -> None:
    """Before a volume gets this name: have the one that had it before take its directory with it."""
    for row in engine.db.all("SELECT key FROM settings WHERE value = ? AND key > ? AND key < ?", (name, _RENAMED, _RENAMED[:-1] + ";")):
        complete_rename(engine, row["key"][len(_RENAMED) :])


def lock(engine: Engine, name: str) -> Lock:
    return Lock(f"{engine.paths.locks_dir}/volume-{name}"[: len(engine.paths.locks_dir) + 256])


def users(engine: Engine, name: str) -> list[str]:
    """Ids of the containers, running or not, that use a volume."""
    rows = engine.db.all("SELECT container_id FROM volume_users WHERE volume = ? ORDER BY rowid", (name,))
    return [row["container_id"] for row in rows]


def to_json(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    """Docker's Volume."""
    return {
        "CreatedAt": clock.format_ns(row["created_ns"] // 1_000_000_000 * 1_000_000_000),
        "Driver": "local",
        "Labels": json.loads(row["labels"]),
        "Mountpoint": data_dir(engine, row["name"]),
        "Name": row["name"],
        "Options": json.loads(row["options"]),
        "Scope": "local",
    }
