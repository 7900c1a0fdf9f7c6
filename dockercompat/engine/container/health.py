"""Health checks: probes run side by side by the tender, their results kept in the container's row as docker shows them."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine.container import execution, state
from dockercompat.engine.system.events import record
from dockercompat.errors import DockerError
from dockercompat.spec import duration
from dockercompat.spec.clock import format_ns, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.execution import Execution
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_INTERVAL_NS = 30_000_000_000
_TIMEOUT_NS = 30_000_000_000
_START_INTERVAL_NS = 5_000_000_000
_RETRIES = 3
_OUTPUT_BYTES = 4096
_KEPT_RESULTS = 5


class _Probe:
    """One check that is running."""

    def __init__(self, started: Execution, output_fd: int, timeout_ns: int) -> None:
        os.set_blocking(output_fd, False)
        self.started = started
        self.pid_fd = os.pidfd_open(started.pid)
        self.output_fd = output_fd
        self.output = b""
        self.truncated = self.output_ended = False
        self.began_ns = time.time_ns()
        self.timeout_ns = timeout_ns

    def read(self) -> None:
        """Take what it has written, of which the beginning is kept."""
        for _ in range(16):
            try:
                data = os.read(self.output_fd, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self.output_ended = True
                return
            room = _OUTPUT_BYTES - len(self.output)
            self.truncated = self.truncated or len(data) > room
            self.output += data[:room]

    def text(self) -> str:
        return self.output.decode(errors="replace") + ("..." if self.truncated else "")


class Probes:
    """The checks of all running containers; `step` does what is due and tells when to come back."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.running: dict[str, _Probe] = {}

    def descriptors(self) -> list[int]:
        """Become readable when a check writes or ends."""
        found = [probe.pid_fd for probe in self.running.values()]
        return found + [probe.output_fd for probe in self.running.values() if not probe.output_ended]

    def step(self) -> float:
        """Collect what has ended, start what is due; seconds until the next thing is."""
        now_ns = time.time_ns()
        wanted = "FROM containers WHERE status = 'running' AND health != ''"
        alive = {row["id"] for row in self.engine.db.all(f"SELECT id {wanted}")}
        for container_id in list(self.running):
            self._collect(container_id, now_ns, known=container_id in alive)
        rows = self.engine.db.all(f"SELECT * {wanted}")  # with the results just noted
        next_ns = now_ns + 60_000_000_000
        for row in rows:
            container = state.Container(row)
            if container.id in self.running:
                probe = self.running[container.id]
                next_ns = min(next_ns, probe.began_ns + probe.timeout_ns)
                continue
            due_ns = _due(container)
            if due_ns <= now_ns:
                self._begin(container)
            else:
                next_ns = min(next_ns, due_ns)
        return max(0.0, (next_ns - time.time_ns()) / 1e9)

    def abandon(self) -> None:
        """End every check that is running."""
        for container_id in list(self.running):
            self._end(self.running.pop(container_id))

    def _begin(self, container: Container) -> None:
        check = container.config["Healthcheck"]
        test = check["Test"]
        args = test[1:]
        if test[0] == "CMD-SHELL":
            args = [*(container.config.get("Shell") or ("/bin/sh", "-c")), test[1]]
        read_fd, write_fd = os.pipe()
        try:
            started = execution.spawn_probe(self.engine, container, args, write_fd)
            self.running[container.id] = _Probe(started, read_fd, check.get("Timeout") or _TIMEOUT_NS)
        except (DockerError, OSError) as error:
            os.close(read_fd)
            _result(self.engine, container, time.time_ns(), -1, str(error))
        finally:
            os.close(write_fd)

    def _collect(self, container_id: str, now_ns: int, *, known: bool) -> None:
        probe = self.running[container_id]
        probe.read()
        done, status = os.waitpid(probe.started.pid, os.WNOHANG)
        late = not done and now_ns - probe.began_ns > probe.timeout_ns
        if not done and not late and known:
            return
        del self.running[container_id]
        probe.read()
        output, code = probe.text(), -1
        if late:
            shown = f"Health check exceeded timeout ({duration.format(probe.timeout_ns)})"
            output = f"{shown}: {output}" if output else shown
        elif done:
            try:
                code = probe.started.finish(os.waitstatus_to_exitcode(status))
            except DockerError as error:
                output = str(error)
        self._end(probe, reaped=bool(done))
        if known:
            try:
                _result(self.engine, state.load(self.engine, container_id), probe.began_ns, code, output)
            except DockerError:
                return

    def _end(self, probe: _Probe, *, reaped: bool = False) -> None:
        if not reaped:
            probe.started.kill()
            probe.started.close()
        os.close(probe.pid_fd)
        os.close(probe.output_fd)


def _due(container: Container) -> int:
    """When the next check is to begin: an interval after the end of the last, or after the start."""
    check = container.config["Healthcheck"]
    started_ns = container.row["started_ns"]
    interval_ns = check.get("Interval") or _INTERVAL_NS
    health = container.health or {}
    start_period_ns = check.get("StartPeriod") or 0
    if health.get("Status") == "starting" and start_period_ns and time.time_ns() - started_ns < start_period_ns:
        interval_ns = min(interval_ns, check.get("StartInterval") or _START_INTERVAL_NS)
    log = health.get("Log")
    return (parse(log[-1]["End"]) if log else started_ns) + interval_ns


def _result(engine: Engine, container: Container, began_ns: int, code: int, output: str) -> None:
    """Note a result: healthy at once when it is good, unhealthy after `retries` failures, none counted in the start period."""
    check = container.config["Healthcheck"]
    ended_ns = time.time_ns()
    health: dict[str, Any] = dict(container.health or {"Status": "starting", "FailingStreak": 0, "Log": []})
    entry = {"Start": format_ns(began_ns), "End": format_ns(ended_ns), "ExitCode": code, "Output": output}
    health["Log"] = [*(health.get("Log") or ()), entry][-_KEPT_RESULTS:]
    before = health["Status"]
    if code == 0:
        health["Status"], health["FailingStreak"] = "healthy", 0
    else:
        in_start_period = before == "starting" and began_ns - container.row["started_ns"] < (check.get("StartPeriod") or 0)
        if not in_start_period:
            health["FailingStreak"] += 1
            if health["FailingStreak"] >= (check.get("Retries") or _RETRIES):
                health["Status"] = "unhealthy"
    engine.db.execute(
        "UPDATE containers SET health = ? WHERE id = ? AND status = 'running' AND started_ns = ?",
        (json.dumps(health), container.id, container.row["started_ns"]),
    )
    if health["Status"] != before:
        record(engine, "container", f"health_status: {health['Status']}", container.id, container.attributes())
