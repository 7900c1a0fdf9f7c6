"""Commands in containers that are remembered: those that run, and those that a client of the Engine API makes, starts and asks about."""

from __future__ import annotations

import time

from dockercompat import json
from dockercompat.errors import Conflict, NotFound
from dockercompat.kernel.process import start_time
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_KEPT_S = 300  # after its end, as docker's engine does


class NoSuchExec(NotFound):
    def __init__(self, exec_id: str) -> None:
        super().__init__(f"No such exec instance: {exec_id}")


class Session(Record):
    """One exec that a client has made.

    request  docker's ExecConfig: Cmd, Env, User, Tty, ...
    pid      0 before it is started and after its end
    exit_code  None before its end
    """

    id: str
    container_id: str
    request: dict[str, Any]
    pid: int
    start: int
    exit_code: int | None

    @property
    def running(self) -> bool:
        return bool(self.pid) and start_time(self.pid) == self.start != 0


def make(engine: Engine, container: Container, exec_id: str, request: dict[str, Any]) -> None:
    """Remember an exec that is to be started."""
    _sweep(engine)
    _insert(engine, exec_id, container.id, 0, {"request": request})


def load(engine: Engine, exec_id: str) -> Session:
    """Raises NoSuchExec."""
    row = engine.db.one("SELECT * FROM execs WHERE id = ?", (exec_id,))
    if row is None:
        raise NoSuchExec(exec_id)
    body = json.loads(row["body"])
    return Session(row["id"], row["container_id"], body.get("request") or {}, row["pid"], body.get("start", 0), body.get("exit_code"))


def claim(engine: Engine, exec_id: str) -> Session:
    """The exec, which from now on nobody else can start. Raises NoSuchExec; Conflict when it has been started."""
    with engine.db.transaction():
        session = load(engine, exec_id)
        if session.running or session.start:
            raise Conflict(f"Error: Exec command {exec_id} is already running")
        if session.exit_code is not None:
            raise Conflict(f"Error: Exec command {exec_id} has already run")
        _change(engine, exec_id, {"start": -1})
    return session


def runs(engine: Engine, container_id: str, exec_id: str, pid: int) -> None:
    """pid: its process, or the runtime's that waits for it."""
    start = start_time(pid)
    if engine.db.one("SELECT 1 FROM execs WHERE id = ?", (exec_id,)) is None:
        _insert(engine, exec_id, container_id, pid, {"start": start})
        return
    _change(engine, exec_id, {"start": start})
    engine.db.execute("UPDATE execs SET pid = ? WHERE id = ?", (pid, exec_id))


def ended(engine: Engine, exec_id: str, exit_code: int) -> None:
    _change(engine, exec_id, {"exit_code": exit_code, "ended_s": int(time.time())})
    engine.db.execute("UPDATE execs SET pid = 0 WHERE id = ?", (exec_id,))


def forget(engine: Engine, exec_id: str) -> None:
    engine.db.execute("DELETE FROM execs WHERE id = ?", (exec_id,))


def running(engine: Engine, container: Container) -> list[str]:
    """The ids of the execs that go on in a container, and of those that wait to be started."""
    if not container.is_alive:
        return []
    rows = engine.db.all("SELECT id, pid, body FROM execs WHERE container_id = ? ORDER BY rowid", (container.id,))
    found = []
    for row in rows:
        body = json.loads(row["body"])
        waits = not row["pid"] and body.get("exit_code") is None and "request" in body
        if waits or (row["pid"] and start_time(row["pid"]) == body.get("start")):
            found.append(row["id"])
    return found


def _insert(engine: Engine, exec_id: str, container_id: str, pid: int, body: dict[str, Any]) -> None:
    engine.db.execute(
        "INSERT OR IGNORE INTO execs (id, container_id, pid, body) VALUES (?, ?, ?, ?)", (exec_id, container_id, pid, json.dumps(body))
    )


def _change(engine: Engine, exec_id: str, changes: dict[str, Any]) -> None:
    engine.db.execute("UPDATE execs SET body = json_patch(body, ?) WHERE id = ?", (json.dumps(changes), exec_id))


def _sweep(engine: Engine) -> None:
    """Forget what ended some minutes ago."""
    engine.db.execute("DELETE FROM execs WHERE json_extract(body, '$.ended_s') < ?", (int(time.time()) - _KEPT_S,))
