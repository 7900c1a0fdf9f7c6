"""The containers' SQL beyond finding one (state.py): inserting, listing, changing."""

from __future__ import annotations

from dockercompat import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from dockercompat.engine.engine import Engine

_LISTED = (
    "id, name, image_id, image_ref, created_ns, status, pid, pid_start, monitor_pid, monitor_start, exit_code, started_ns, finished_ns,"
    " networking, mounts, endpoints, ports, health, json_extract(host_config, '$.NetworkMode') AS network_mode,"
    " json_extract(config, '$.Labels') AS labels, json_extract(config, '$.Cmd') AS cmd, json_extract(config, '$.Entrypoint') AS entrypoint"
)

_MOUNT_MEMBERS = ("Type", "Name", "Source", "Destination", "Driver", "Mode", "RW", "Propagation")


def shown_mounts(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of the mounts column as docker shows them, without the members of our own (mounting.py)."""
    return [{name: point[name] for name in _MOUNT_MEMBERS if name in point} for point in points]


def insert(
    engine: Engine,
    *,
    container_id: str,
    name: str,
    image_id: str,
    image_ref: str,
    created_ns: int,
    config: dict[str, Any],
    host_config: dict[str, Any],
    networking: dict[str, Any],
    mounts: list[dict[str, Any]],
) -> None:
    """Record a new container. Raises sqlite3.IntegrityError when its name is taken."""
    engine.db.execute(
        "INSERT INTO containers (id, name, image_id, image_ref, created_ns, status, auto_remove, config, host_config, networking, mounts)"
        " VALUES (?, ?, ?, ?, ?, 'created', ?, ?, ?, ?, ?)",
        (
            container_id,
            name,
            image_id,
            image_ref,
            created_ns,
            int(host_config["AutoRemove"]),
            json.dumps(config),
            json.dumps(host_config),
            json.dumps(networking),
            json.dumps(mounts),
        ),
    )


def id_of_name(engine: Engine, name: str) -> str:
    """The id of the container with this name, "" when there is none."""
    row = engine.db.one("SELECT id FROM containers WHERE name = ?", (name,))
    return row["id"] if row is not None else ""


def listed(engine: Engine, statuses: tuple[str, ...] = ()) -> list[sqlite3.Row]:
    """What a list of containers is made of, newest first; of all, or of those in one of the states."""
    where = f"WHERE status IN ({', '.join('?' * len(statuses))})" if statuses else ""
    return engine.db.all(f"SELECT {_LISTED} FROM containers {where} ORDER BY created_ns DESC, id", statuses)


def set_name(engine: Engine, container_id: str, name: str, endpoints: dict[str, Any]) -> None:
    """A new name and the endpoints that have it. Raises sqlite3.IntegrityError when the name is taken."""
    engine.db.execute("UPDATE containers SET name = ?, endpoints = ? WHERE id = ?", (name, json.dumps(endpoints), container_id))


def set_mounts(engine: Engine, container_id: str, mounts: list[dict[str, Any]]) -> None:
    engine.db.execute("UPDATE containers SET mounts = ? WHERE id = ?", (json.dumps(mounts), container_id))


def set_host_config(engine: Engine, container_id: str, host_config: dict[str, Any]) -> None:
    engine.db.execute("UPDATE containers SET host_config = ? WHERE id = ?", (json.dumps(host_config), container_id))


def delete(engine: Engine, container_id: str) -> None:
    """Forget a container; what refers to it goes with it."""
    engine.db.execute("DELETE FROM containers WHERE id = ?", (container_id,))
