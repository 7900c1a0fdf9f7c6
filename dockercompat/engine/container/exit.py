"""The end of a container: what its monitor left is recorded, its network and runtime files go, and a restart is decided."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine import tending
from dockercompat.engine.container import group, happened, ipc, remove, state, unmounting
from dockercompat.engine.network import attach as network
from dockercompat.errors import NoSuchContainer
from dockercompat.kernel import cgroup
from dockercompat.kernel.process import start_time
from dockercompat.runtime import crun

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

LOST_EXIT_CODE = 137  # the monitor was killed, so that nobody saw the status
_FIRST_DELAY_NS = 100_000_000
_LAST_DELAY_NS = 60_000_000_000
_MONITOR_END_S = 2.0
_STEADY_NS = 10_000_000_000  # a run this long starts the back-off anew


def finish(engine: Engine, container_id: str) -> bool:
    """Record a container's end if it has ended; the process has joined the holder. True when the state changed.

    Any number of processes may call this at once (the monitor's exit handler, the client that waited, a later command);
    one does the work.
    """
    mounted: list[str] = []
    with state.lock(engine, container_id) as held:
        try:
            container = state.load(engine, container_id)
        except NoSuchContainer:
            held.release(remove=True)
            return False
        if any(point["Type"] == "volume" for point in container.mounts):
            mounted = unmounting.mounted_for(engine, container)
        if container.status == "removing":
            remove.erase(engine, container)
            held.release(remove=True)
            return True
        if not _has_ended(engine, container):
            return False
        _record(engine, container)
        container = state.load(engine, container_id)
        if container.row["auto_remove"] and container.status == "exited":
            remove.erase(engine, container)
            held.release(remove=True)
    unmounting.unmount_unused(engine, mounted)
    if container.status == "restarting":
        tending.ensure(engine)
    return True


def _has_ended(engine: Engine, container: Container) -> bool:
    if container.status == "created":  # a start that was cut off
        return bool(container.row["monitor_pid"])
    if not container.is_alive:
        return False
    if state.exit_of(engine, container.id) is not None:
        return True
    if state.process_lives(container):
        return False
    if start_time(container.row["monitor_pid"]) == container.row["monitor_start"] != 0:
        state.wait_for_exit_file(engine, container.id, 10)  # the monitor is still writing the last output
    return True


def _record(engine: Engine, container: Container) -> None:
    code, ended_ns = state.exit_of(engine, container.id) or (_lost_code(engine, container), time.time_ns())
    ran_out_of_memory = cgroup.oom_kills(group.of(engine, container.id)) > 0
    clear_runtime(engine, container)
    if container.status == "created":
        engine.db.execute("UPDATE containers SET monitor_pid = 0, pid = 0 WHERE id = ?", (container.id,))
        return
    with engine.db.transaction():  # a stop beside it is seen here, or sees what is written here
        row = state.load(engine, container.id).row
        status, at_ns, count = "exited", 0, row["restart_count"]
        if not row["stopped_by_user"] and _wants_restart(container, code):
            status = "restarting"
            ran_ns = ended_ns - row["started_ns"]
            tries = 0 if ran_ns > _STEADY_NS else count
            at_ns = time.time_ns() + min(_FIRST_DELAY_NS << min(tries, 10), _LAST_DELAY_NS)
        engine.db.execute(
            "UPDATE containers SET status = ?, exit_code = ?, oom_killed = ?, finished_ns = ?, pid = 0, monitor_pid = 0, restart_at_ns = ?,"
            " endpoints = ?, ports = '{}', health = CASE health WHEN '' THEN '' ELSE json_set(health, '$.Status', 'unhealthy') END"
            " WHERE id = ? AND status IN ('running', 'paused')",
            (status, code, int(ran_out_of_memory), ended_ns, at_ns, _kept_endpoints(container), container.id),
        )
    engine.db.execute("DELETE FROM execs WHERE container_id = ?", (container.id,))
    seconds = max(0, ended_ns - container.row["started_ns"]) // 10**9
    happened.ended(engine, container, exit_code=code, ran_s=seconds, out_of_memory=ran_out_of_memory)


def _kept_endpoints(container: Container) -> str:
    """What inspect goes on showing of the networks that an ended container was in."""
    kept = {name: {"NetworkID": each["NetworkID"], "DNSNames": each["DNSNames"]} for name, each in container.endpoints.items()}
    return json.dumps(kept)


def _lost_code(engine: Engine, container: Container) -> int:
    """255 after a reboot, as docker has it; 137 when only the monitor was killed."""
    return LOST_EXIT_CODE if os.path.isdir(engine.paths.bundle_dir(container.id)) else 255


def _wants_restart(container: Container, code: int) -> bool:
    policy = container.host_config.get("RestartPolicy") or {}
    name = policy.get("Name") or "no"
    if name == "no":
        return False
    if name == "on-failure":
        most = policy.get("MaximumRetryCount") or 0
        return code != 0 and (most == 0 or container.row["restart_count"] < most)
    return True


def clear_runtime(engine: Engine, container: Container) -> None:
    """Take away what exists only while a container runs: leftover processes, network, crun's state, bundle. Repeatable."""
    if state.process_lives(container):
        _kill(os.kill, container.pid)
    monitor = container.row["monitor_pid"]
    if monitor and monitor != os.getpgrp() and start_time(monitor) == container.row["monitor_start"] != 0:
        _kill(os.killpg, monitor)  # with the child in which it waits before it calls the exit handler
        _wait_gone(monitor, container.row["monitor_start"])
    if not container.row["pid"]:
        _kill_unrecorded(engine.paths.bundle_dir(container.id))
    network.detach(engine, container.id)
    group.remove(engine, container)
    crun.delete(container.id, root_dir=engine.paths.crun_dir)
    crun.remove_flat(engine.paths.bundle_dir(container.id))
    if container.host_config.get("IpcMode") == "shareable":
        ipc.release(engine, container)


def _wait_gone(pid: int, began: int) -> None:
    """Until a monitor that was killed is no more: until then it may write that its container ended, which the next run must not find."""
    deadline = time.monotonic() + _MONITOR_END_S
    while start_time(pid) == began and time.monotonic() < deadline:
        time.sleep(0.0005)


def _kill_unrecorded(bundle_dir: str) -> None:
    """End the monitor and the waiting first process of a start that was cut off before their numbers were written down."""
    mark = os.fsencode(bundle_dir)
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) in (b"conmon", b"crun") and any(word.startswith(mark) for word in words[1:]):
            _kill(os.kill, int(name))


def _kill(kill: Callable[[int, int], None], pid: int) -> None:
    try:
        kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
