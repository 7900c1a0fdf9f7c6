"""Ending containers: stop, kill, restart, wait, pause and unpause."""

from __future__ import annotations

import os
import select
import time

from dockercompat.engine.container import exit as ending
from dockercompat.engine.container import group, state, waiting
from dockercompat.engine.container import start as starting
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, DockerError, InvalidParameter, NoSuchContainer, NotFound
from dockercompat.kernel import cgroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.container.waiting import Waiter
    from dockercompat.engine.engine import Engine
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

_DEFAULT_TIMEOUT_S = 10
_HANDLER_GRACE_S = 1.0
_BEGIN_S = 10.0  # between the making of a process and its first instruction
_LOOK_S = 1.0


def signal_number(text: str) -> int:
    """A signal by name (with or without SIG) or number. Raises InvalidParameter in docker's words."""
    if text.lstrip("+-").isdigit():
        number = int(text)
        if number == 0:
            raise InvalidParameter(f"invalid signal: {text}")
        if number not in signal.valid_signals():
            raise InvalidParameter(f"the linux daemon does not support signal {number}")
        return number
    name = text.upper().removeprefix("SIG")
    for prefix, base, most in (("RTMIN+", int(signal.SIGRTMIN), 15), ("RTMAX-", int(signal.SIGRTMAX), 14)):
        if name.startswith(prefix) and name[6:].isdigit() and int(name[6:]) <= most:
            return base + int(name[6:]) * (1 if prefix == "RTMIN+" else -1)
    found = getattr(signal, f"SIG{name}", None) if name.isalnum() else None
    if found is None:
        raise InvalidParameter(f"invalid signal: {text}")
    return int(found)


def stop(engine: Engine, ref: str, *, timeout_s: int | None = None, signal_text: str = "") -> None:
    """Ask a container to end by its stop signal, and kill it when it has not after timeout_s (-1: wait for ever)."""
    container = state.current(engine, ref)
    if container.status == "restarting":
        if _cancel_restart(engine, container):
            return
        container = state.load(engine, container.id)
    if not container.is_alive:
        _keep_stopped(engine, container)
        return
    try:
        number = signal_number(signal_text or container.config.get("StopSignal") or "SIGTERM")
    except InvalidParameter as error:
        raise DockerError(f"cannot stop container: {_shown(ref)}: {error}") from None
    if timeout_s is None:
        configured = container.config.get("StopTimeout")
        timeout_s = _DEFAULT_TIMEOUT_S if configured is None else configured
    if _keep_stopped(engine, container):
        return
    _send(engine, container, number)
    if container.status == "paused":
        _thaw(engine, container)
        record(engine, "container", "unpause", container.id, container.attributes())
    if not _wait_gone(container, None if timeout_s < 0 else timeout_s):
        _send(engine, container, signal.SIGKILL)
        _wait_gone(container, 10)
    state.wait_for_exit_file(engine, container.id, 2)
    ending.finish(engine, container.id)
    record(engine, "container", "stop", container.id, container.attributes())


def _keep_stopped(engine: Engine, container: Container) -> bool:
    """A person ends it: no policy starts it again. True when it had ended by itself in the meantime and waited for its restart."""
    engine.db.execute("UPDATE containers SET stopped_by_user = 1 WHERE id = ?", (container.id,))
    return state.load(engine, container.id).status == "restarting" and _cancel_restart(engine, container)


def _cancel_restart(engine: Engine, container: Container) -> bool:
    """Let a container that waits to be restarted rest. False when it has been started already."""
    with state.lock(engine, container.id):
        if state.load(engine, container.id).status != "restarting":
            return False
        engine.db.execute("UPDATE containers SET status = 'exited', stopped_by_user = 1 WHERE id = ?", (container.id,))
        return True


def _shown(ref: str) -> str:
    """A container as error messages name it: what was typed, without the slash of the API's names."""
    return ref.strip().removeprefix("/")


def kill(engine: Engine, ref: str, signal_text: str = "KILL") -> None:
    """Send a signal to a running container. Raises Conflict when it does not run."""
    shown = _shown(ref)
    try:
        number = signal_number(signal_text or "KILL") if shown else 0
        container = state.current(engine, ref)
    except NoSuchContainer as error:
        raise NotFound(f"cannot kill container: {shown}: {error}") from None
    except InvalidParameter as error:
        raise InvalidParameter(f"cannot kill container: {shown}: {error}") from None
    if container.status == "restarting":
        if _cancel_restart(engine, container):
            return
        container = state.load(engine, container.id)
    if not container.is_alive:
        raise Conflict(f"cannot kill container: {shown}: container {container.id} is not running")
    ends = number in (signal.SIGKILL, signal_number(container.config.get("StopSignal") or "SIGTERM"))
    if ends and _keep_stopped(engine, container):
        return
    _send(engine, container, number)
    own = container.config.get("StopSignal")
    if container.status == "paused" and number != signal.SIGKILL and (not own or signal_number(own) == number):
        _resume(engine, container)  # docker lets it go on, so that the signal arrives
    if number == signal.SIGKILL:
        if container.status == "paused":
            _thaw(engine, container)
        _wait_gone(container, 10)
        state.wait_for_exit_file(engine, container.id, 2)
        ending.finish(engine, container.id)


def restart(engine: Engine, ref: str, *, timeout_s: int | None = None, signal_text: str = "") -> None:
    """Stop if it runs, then start."""
    container = state.current(engine, ref)
    if signal_text and container.is_alive:
        try:
            signal_number(signal_text)
        except InvalidParameter as error:
            raise DockerError(f"Cannot restart container {_shown(ref)}: {error}") from None
    if container.is_alive:
        if container.row["auto_remove"]:  # must outlive its own end
            engine.db.execute("UPDATE containers SET auto_remove = 0 WHERE id = ?", (container.id,))
        stop(engine, container.id, timeout_s=timeout_s, signal_text=signal_text)
    try:
        starting.start(engine, state.load(engine, container.id))
    except DockerError as error:
        raise DockerError(f"Cannot restart container {_shown(ref)}: {error}") from None
    engine.db.execute("UPDATE containers SET auto_remove = ? WHERE id = ?", (container.row["auto_remove"], container.id))
    record(engine, "container", "restart", container.id, container.attributes())


def wait(engine: Engine, container_id: str, *, condition: str = "not-running", waiter: Waiter | None = None) -> int:
    """Block until a container has ended and return its exit code.

    condition  not-running (at once when it does not run), next-exit, or removed
    waiter     of this container, made by a caller that had to answer something before it began to wait; closed here
    """
    container = state.load(engine, container_id)
    last_code = container.exit_code
    if condition == "next-exit" and not container.is_alive:
        with waiter or waiting.Waiter(engine, container_id) as place:
            container = state.load(engine, container_id)
            if not container.is_alive and not _starts(place):
                return last_code
        _wait_until_begun(engine, container)
    elif waiter is not None:
        waiter.__exit__(None, None, None)
    while True:
        try:
            container = state.load(engine, container_id)
        except NoSuchContainer:
            recorded = state.exit_of(engine, container_id)
            return recorded[0] if recorded else last_code
        last_code = container.exit_code
        if not container.is_alive and condition != "removed" and container.status != "removing":
            return container.exit_code
        if container.is_alive:
            _wait_gone(container, None)
            _let_handler_finish(engine, container)
        elif condition == "removed":
            _wait_removed(engine, container)
        else:
            _let_handler_finish(engine, container)


def _starts(place: Waiter) -> bool:
    """Wait until a container starts; False when it is removed instead."""
    select.select([place], [], [])
    return place.news() == waiting.STARTS


def _wait_until_begun(engine: Engine, before: Container) -> None:
    """Wait until a container that is being started runs, or has run, or could not."""
    deadline = time.monotonic() + _BEGIN_S
    while time.monotonic() < deadline:
        try:
            container = state.load(engine, before.id)
        except NoSuchContainer:
            return
        if container.is_alive or container.row["started_ns"] != before.row["started_ns"] or container.row["error"] != before.row["error"]:
            return
        time.sleep(0.001)


def _wait_removed(engine: Engine, container: Container) -> None:
    """Wait until a container is no more, or runs again."""
    with waiting.Waiter(engine, container.id) as place:
        while True:
            try:
                if state.load(engine, container.id).is_alive:
                    return
            except NoSuchContainer:
                return
            if select.select([place], [], [], _LOOK_S)[0] and place.news():
                return


def _let_handler_finish(engine: Engine, container: Container) -> None:
    """The monitor's exit handler records the end; when it was killed, do it here."""
    deadline = time.monotonic() + _HANDLER_GRACE_S
    while time.monotonic() < deadline:
        row = engine.db.one("SELECT status FROM containers WHERE id = ?", (container.id,))
        if row is None or row["status"] not in (*state.ALIVE, "removing"):
            return
        time.sleep(0.002)
    row = engine.db.one("SELECT * FROM containers WHERE id = ?", (container.id,))
    if row is not None:
        state.refresh(engine, [row])


def _wait_gone(container: Container, timeout_s: float | None) -> bool:
    """Wait until a container's first process has ended; False after timeout_s."""
    try:
        pid_fd = os.pidfd_open(container.pid)
    except OSError:
        return True
    try:
        if not state.process_lives(container):
            return True
        ready, _, _ = select.select([pid_fd], [], [], timeout_s)
        return bool(ready)
    finally:
        os.close(pid_fd)


def _send(engine: Engine, container: Container, number: int) -> None:
    state.send_signal(container, number)
    record(engine, "container", "kill", container.id, container.attributes(signal=str(int(number))))


def pause(engine: Engine, ref: str) -> None:
    """Freeze every process of a container: by its control group, or by SIGSTOP where there is none."""
    container = state.current(engine, ref)
    if container.status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    if not container.is_alive:
        raise Conflict(f"container {container.id} is not running")
    if container.status == "paused":
        raise Conflict(f"Container {container.id} is already paused")
    group_dir = group.of(engine, container.id)
    if group_dir:
        cgroup.freeze(group_dir, True)
    else:
        _signal_every(container, signal.SIGSTOP)
    engine.db.execute("UPDATE containers SET status = 'paused' WHERE id = ? AND status = 'running'", (container.id,))
    record(engine, "container", "pause", container.id, container.attributes())


def unpause(engine: Engine, ref: str) -> None:
    """Let a paused container go on."""
    container = state.current(engine, ref)
    if container.status != "paused":
        raise DockerError(f"Container {container.id} is not paused")
    _resume(engine, container)


def _resume(engine: Engine, container: Container) -> None:
    _thaw(engine, container)
    engine.db.execute("UPDATE containers SET status = 'running' WHERE id = ? AND status = 'paused'", (container.id,))
    record(engine, "container", "unpause", container.id, container.attributes())


def _thaw(engine: Engine, container: Container) -> None:
    group_dir = group.of(engine, container.id)
    if group_dir:
        cgroup.freeze(group_dir, False)
    else:
        _signal_every(container, signal.SIGCONT)


def _signal_every(container: Container, number: int) -> None:
    """Signal all processes of a container, again until none is new; a fork in between is caught by the next round."""
    from dockercompat.engine.container.processes import pids

    seen: set[int] = set()
    while fresh := [pid for pid in pids(container) if pid not in seen]:
        for pid in fresh:
            seen.add(pid)
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
