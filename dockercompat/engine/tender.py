"""The tender: runs health checks and restart back-off while some container needs it, then leaves.

It holds nothing that the database does not; killed, it is started again by the next command that needs one.
"""

from __future__ import annotations

import os
import select
import time

from dockercompat import json
from dockercompat.engine import tending
from dockercompat.engine.container import health, start, state
from dockercompat.engine.image.durable import check_after_boot
from dockercompat.engine.network import attach
from dockercompat.errors import Conflict, DockerError
from dockercompat.kernel import holder, syscall
from dockercompat.net import outside

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

    from dockercompat.engine.engine import Engine

_LONGEST_SLEEP_S = 1.0
_BETWEEN_REPAIRS_S = 5.0


def run(engine: Engine) -> int:
    """Tend until nothing needs it. A second tender ends at once."""
    held = tending.lock(engine)
    if not held.acquire(block=False):
        return 0
    outside.keep(engine.paths.run_dir)
    holder.join(engine.paths.run_dir)
    syscall.set_process_name("pydocker-tender")
    with open(f"{engine.paths.run_dir}/tender.pid", "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))
    fifo = tending.fifo_path(engine)
    if not os.path.exists(fifo):
        os.mkfifo(fifo, 0o600)
    fifo_fd = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    probes = health.Probes(engine)
    helpers = _Helpers(engine)
    try:
        while _needed(engine):
            helpers.look()
            due_s = min(_restart_due(engine), probes.step())
            _sleep(fifo_fd, probes.descriptors(), due_s)
    finally:
        probes.abandon()
        os.unlink(fifo)  # closed to wakers before the lock goes, so that a late one starts another tender
        os.close(fifo_fd)
        held.release()
    if _needed(engine):
        tending.ensure(engine)
    return 0


class _Helpers:
    """The network's helpers, which come back when they were killed.

    Not as root: from inside the holder's namespaces ports below 1024 could not be had again. The next command is outside.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next_s = 0.0

    def look(self) -> None:
        """Bring back what is missing; not again within five seconds after that failed."""
        if os.geteuid() == 0 or time.monotonic() < self._next_s:
            return
        try:
            attach.repair(self._engine)
        except (DockerError, OSError):
            self._next_s = time.monotonic() + _BETWEEN_REPAIRS_S


def _needed(engine: Engine) -> bool:
    row = engine.db.one(
        "SELECT 1 FROM containers WHERE status = 'restarting' OR (health != '' AND status IN ('running', 'paused')) LIMIT 1"
    )
    return row is not None


def _sleep(fifo_fd: int, probe_fds: list[int], due_s: float) -> None:
    ready, _, _ = select.select([fifo_fd, *probe_fds], [], [], max(0.0, min(due_s, _LONGEST_SLEEP_S)))
    if fifo_fd in ready:
        os.read(fifo_fd, 4096)


def _restart_due(engine: Engine) -> float:
    """Start what is due; seconds until the next one is."""
    rows: list[sqlite3.Row] = engine.db.all("SELECT id, restart_at_ns FROM containers WHERE status = 'restarting'")
    next_s = _LONGEST_SLEEP_S
    for row in rows:
        left_s = (row["restart_at_ns"] - time.time_ns()) / 1e9
        if left_s <= 0:
            restart(engine, row["id"])
        else:
            next_s = min(next_s, left_s)
    return next_s


def restart(engine: Engine, container_id: str) -> None:
    """Start a container again by its policy and count it; a failure ends the tries and is kept in its state."""
    try:
        container = state.load(engine, container_id)
        if container.status != "restarting":
            return
        engine.db.execute(
            "UPDATE containers SET restart_count = ? WHERE id = ?",
            (container.row["restart_count"] + 1, container_id),
        )
        start.restart(engine, container)
    except (DockerError, OSError) as error:
        engine.db.execute(
            "UPDATE containers SET status = 'exited', error = ? WHERE id = ? AND status = 'restarting'", (str(error), container_id)
        )


def boot(engine: Engine) -> int:
    """After a reboot: start what its restart policy wants (always, and unless-stopped unless a person stopped it)."""
    holder.join(engine.paths.run_dir)
    check_after_boot(engine)
    state.refresh(engine, engine.db.all("SELECT * FROM containers"))
    failed = 0
    for row in engine.db.all("SELECT * FROM containers WHERE status IN ('exited', 'restarting') ORDER BY created_ns"):
        policy = json.loads(row["host_config"]).get("RestartPolicy", {}).get("Name")
        if policy == "always" or (policy == "unless-stopped" and not row["stopped_by_user"]) or row["status"] == "restarting":
            try:
                start.start(engine, state.Container(row))
            except Conflict:  # the tender was quicker
                continue
            except DockerError:
                failed += 1
    return 1 if failed else 0
