"""A container as the database has it, and the passage of one that has ended out of the running state."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.errors import AmbiguousId, ClientError, InvalidParameter, NoSuchContainer
from dockercompat.host.lock import Lock
from dockercompat.kernel.process import start_time
from dockercompat.runtime import conmon

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import Any

    from dockercompat.engine.engine import Engine

ALIVE = ("running", "paused")


class Container:
    """One row of the table; the JSON columns are decoded when they are asked for."""

    def __init__(self, row: sqlite3.Row) -> None:
        self.row = row
        self.id: str = row["id"]
        self.name: str = row["name"]
        self.status: str = row["status"]
        self.pid: int = row["pid"]
        self.image_id: str = row["image_id"]
        self.exit_code: int = row["exit_code"]
        self._decoded: dict[str, Any] = {}

    def _json(self, column: str) -> Any:
        if column not in self._decoded:
            self._decoded[column] = json.loads(self.row[column] or "null")
        return self._decoded[column]

    @property
    def config(self) -> dict[str, Any]:
        value: dict[str, Any] = self._json("config")
        return value

    @property
    def host_config(self) -> dict[str, Any]:
        value: dict[str, Any] = self._json("host_config")
        return value

    @property
    def mounts(self) -> list[dict[str, Any]]:
        value: list[dict[str, Any]] = self._json("mounts")
        return value

    @property
    def networking(self) -> dict[str, Any]:
        value: dict[str, Any] = self._json("networking")
        return value

    @property
    def endpoints(self) -> dict[str, Any]:
        value: dict[str, Any] = self._json("endpoints")
        return value

    @property
    def health(self) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._json("health")
        return value

    @property
    def is_alive(self) -> bool:
        return self.status in ALIVE

    @property
    def network_mode(self) -> str:
        return self.host_config.get("NetworkMode") or "default"

    def attributes(self, **more: str) -> dict[str, str]:
        """What an event says of it: labels, image and name."""
        return {**(self.config.get("Labels") or {}), "image": self.row["image_ref"], "name": self.name, **more}


def load(engine: Engine, container_id: str) -> Container:
    """A container by its full id. Raises NoSuchContainer."""
    row = engine.db.one("SELECT * FROM containers WHERE id = ?", (container_id,))
    if row is None:
        raise NoSuchContainer(container_id)
    return Container(row)


def another(engine: Engine, ref: str) -> Container:
    """A container that the description of a new one names. Raises InvalidParameter when there is none: that description is wrong."""
    try:
        return resolve(engine, ref)
    except NoSuchContainer as error:
        raise InvalidParameter(str(error)) from None


def resolve(engine: Engine, ref: str) -> Container:
    """A container by what a person typed: full id, name, or a prefix of an id that only one has.

    Raises  NoSuchContainer, AmbiguousId; ClientError for an empty one, which docker's client doesn't ask its engine about
    """
    ref = ref.strip()
    name = ref.strip("/")
    if not name:
        raise NoSuchContainer(ref) if ref else ClientError("invalid container name or ID: value is empty")
    rows = engine.db.all("SELECT * FROM containers WHERE id = ? OR name = ?", (ref, name))
    for row in rows:
        if row["id"] == ref:
            return Container(row)
    if rows:
        return Container(rows[0])
    if all(letter in "0123456789abcdef" for letter in ref):
        rows = engine.db.all("SELECT * FROM containers WHERE id >= ? AND id < ? LIMIT 2", (ref, ref + "g"))
        if len(rows) == 1:
            return Container(rows[0])
        if rows:
            raise AmbiguousId(ref)
    raise NoSuchContainer(name)


def lock(engine: Engine, container_id: str) -> Lock:
    """The lock of a container's transitions."""
    return Lock(f"{engine.paths.locks_dir}/{container_id}")


def process_lives(row: sqlite3.Row | Container) -> bool:
    """Whether a container's first process still exists."""
    record = row.row if isinstance(row, Container) else row
    return bool(record["pid"]) and start_time(record["pid"]) == record["pid_start"]


def refresh(engine: Engine, rows: Iterable[sqlite3.Row]) -> bool:
    """Bring up to date what ended without its monitor telling (kill -9, reboot). True when a row changed: read again.

    Cheap when all is well: one look into /proc per running container.
    """
    changed = networked = tended = False
    for row in rows:
        tended = tended or row["status"] == "restarting" or (row["status"] == "running" and row["health"] != "")
        if row["status"] in ALIVE:
            stale = not process_lives(row)
            networked = networked or not stale
            _keep_log(f"{engine.paths.container_dir(row['id'])}/container.log")
        elif row["status"] == "created":
            stale = bool(row["monitor_pid"]) and (
                start_time(row["monitor_pid"]) != row["monitor_start"] or not _is_being_changed(engine, row)
            )
        else:
            stale = row["status"] == "removing"
        if stale:
            from dockercompat.engine.container import exit as ending
            from dockercompat.kernel import holder

            holder.join(engine.paths.run_dir)
            changed = ending.finish(engine, row["id"]) or changed
    if networked:
        from dockercompat.engine import mending

        mending.repair(engine)
    if tended:
        from dockercompat.engine import tending

        tending.ensure(engine)
    return changed


def _is_being_changed(engine: Engine, row: sqlite3.Row) -> bool:
    """Whether somebody holds a container's lock: a start that has come so far as to have a monitor does, unless it was killed."""
    held = lock(engine, row["id"])
    if held.acquire(block=False):
        held.release()
        return False
    return True


def _keep_log(path: str) -> None:
    """Hold on to what the monitor has rotated since the last look."""
    try:
        if os.stat(path).st_ino == os.stat(f"{path}.0").st_ino:
            return
    except FileNotFoundError:
        return
    from dockercompat.runtime import logs

    logs.keep(path)


def current(engine: Engine, ref: str) -> Container:
    """A container by what a person typed, refreshed."""
    container = resolve(engine, ref)
    if refresh(engine, [container.row]):
        return load(engine, container.id)
    return container


def wait_for_exit_file(engine: Engine, container_id: str, timeout_s: float) -> bool:
    """Wait until the monitor has recorded the end; False after timeout_s."""
    deadline = time.monotonic() + timeout_s
    path = f"{engine.paths.exits_dir}/{container_id}"
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def exit_of(engine: Engine, container_id: str) -> tuple[int, int] | None:
    """(exit code, time in ns) as the monitor recorded it."""
    return conmon.exit_status(engine.paths.exits_dir, container_id)


def send_signal(container: Container, number: int) -> None:
    """Send a signal to a container's first process; nothing happens when it is gone."""
    if not process_lives(container):
        return
    try:
        os.kill(container.pid, number)
    except ProcessLookupError:
        return
