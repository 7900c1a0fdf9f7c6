"""Removing containers: `rm`, and the end of those started with --rm."""

from __future__ import annotations

import os
import time

from dockercompat.engine.container import state, waiting
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, NoSuchContainer
from dockercompat.kernel import holder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_KEPT_EXITS = 64
_KEPT_S = 60


def remove(engine: Engine, ref: str, *, force: bool = False, volumes: bool = False) -> None:
    """Remove a container; a running one only by force. The process has joined the holder.

    volumes  its anonymous volumes too
    Raises   NoSuchContainer; Conflict when it runs
    """
    container = state.current(engine, ref)
    if container.is_alive or container.status == "restarting":
        if not force:
            hint = "is paused and must be unpaused first"
            if container.status != "paused":
                hint = f"is {container.status}: stop the container before removing or force remove"
            raise Conflict(f'cannot remove container "{ref}": container {hint}')
        _kill(engine, container)
    with state.lock(engine, container.id) as held:
        try:
            container = state.load(engine, container.id)
        except NoSuchContainer:
            held.release(remove=True)
            return
        erase(engine, container, volumes=volumes)
        held.release(remove=True)


def _kill(engine: Engine, container: Container) -> None:
    import signal

    from dockercompat.engine.container import exit as ending

    engine.db.execute(
        "UPDATE containers SET stopped_by_user = 1, status = CASE status WHEN 'restarting' THEN 'exited' ELSE status END WHERE id = ?",
        (container.id,),
    )
    if container.is_alive and state.process_lives(container):
        record(engine, "container", "kill", container.id, container.attributes(signal=str(int(signal.SIGKILL))))
        state.send_signal(container, signal.SIGKILL)
        state.wait_for_exit_file(engine, container.id, 10)
    ending.finish(engine, container.id)


def erase(engine: Engine, container: Container, *, volumes: bool = False) -> None:
    """Delete a container that does not run: its files, anonymous volumes if asked or --rm, and its row. The caller holds its lock.

    A row in the state `removing` is taken up again by the next command, should this one be killed.
    """
    from dockercompat.engine.container.exit import clear_runtime
    from dockercompat.engine.volume.users import anonymous_of, remove_if_unused
    from dockercompat.storage.tree import remove_tree

    holder.join(engine.paths.run_dir)
    volumes = volumes or bool(container.row["auto_remove"])
    engine.db.execute("UPDATE containers SET status = 'removing', auto_remove = ? WHERE id = ?", (int(volumes), container.id))
    if os.path.isdir(engine.paths.bundle_dir(container.id)):
        clear_runtime(engine, container)
    directory = engine.paths.container_dir(container.id)
    if os.path.isdir(directory):
        remove_tree(directory)
    doomed = anonymous_of(engine, container.id) if volumes else []
    engine.db.execute("DELETE FROM containers WHERE id = ?", (container.id,))
    waiting.let_in(engine, container.id, waiting.GONE)
    for name in doomed:
        remove_if_unused(engine, name)
    if container.row["auto_remove"]:
        _forget_old_exits(engine)  # its own is kept for a while, for those who wait for the container
    else:
        _forget_exit(engine, container.id)
    record(engine, "container", "destroy", container.id, container.attributes())


def _forget_exit(engine: Engine, container_id: str) -> None:
    try:
        os.unlink(f"{engine.paths.exits_dir}/{container_id}")
    except FileNotFoundError:
        return


def _forget_old_exits(engine: Engine) -> None:
    """Delete what monitors of removed containers wrote, once there is much of it."""
    names = os.listdir(engine.paths.exits_dir)
    if len(names) <= _KEPT_EXITS:
        return
    for name in names:
        try:
            age_s = time.time() - os.stat(f"{engine.paths.exits_dir}/{name}").st_mtime
        except FileNotFoundError:
            continue
        if age_s > _KEPT_S and engine.db.one("SELECT 1 FROM containers WHERE id = ?", (name,)) is None:
            _forget_exit(engine, name)
