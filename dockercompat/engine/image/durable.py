"""Which layers survive a loss of power. Waiting for the disk would take longer than many a pull, so it is done afterwards, and a layer
that was not yet known to be on the disk when the machine went down is not trusted again: it is removed, and comes back like any other
that is missing.
"""

from __future__ import annotations

import os

from dockercompat.engine.image.stack import layer_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine

_checked: set[str] = set()  # by this process, which ends before the next boot


def boot_id() -> str:
    """This boot of the machine (random(4), /proc/sys/kernel/random/boot_id)."""
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        return file.read().strip()


def settle_later(engine: Engine) -> None:
    """Have a process of its own wait until the new layers are on the disk."""
    if engine.db.one("SELECT 1 FROM layers WHERE boot != '' LIMIT 1") is None:
        return
    from dockercompat.host.run import spawn, wait

    wait(spawn(("setsid", "--fork", *engine.paths.own_command(), "settle"), new_session=True, cwd="/"))


def settle(engine: Engine) -> None:
    """Wait until all that was written is on the disk, and note so for the layers that were complete before."""
    from dockercompat.storage.extract import sync

    rows = engine.db.all("SELECT diff_id FROM layers WHERE boot = ?", (boot_id(),))
    if rows:
        sync(engine.paths.layers_dir)
        engine.db.execute_many("UPDATE layers SET boot = '' WHERE diff_id = ?", [(row["diff_id"],) for row in rows])


def check_after_boot(engine: Engine) -> None:
    """Once after each boot: remove the layers that may be damaged. The process has joined the holder."""
    path = f"{engine.paths.data_dir}/boot"
    if path in _checked:
        return
    now = boot_id()
    _checked.add(path)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == now:
                return
    except FileNotFoundError:
        pass
    from dockercompat.storage.tree import remove_tree

    for row in engine.db.all("SELECT diff_id FROM layers WHERE boot NOT IN ('', ?)", (now,)):
        directory = os.path.dirname(layer_dir(engine, row["diff_id"]))
        if os.path.isdir(directory):
            remove_tree(directory)
        engine.db.execute("DELETE FROM layers WHERE diff_id = ?", (row["diff_id"],))
    with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
        file.write(now)
    os.rename(f"{path}.{os.getpid()}", path)
