"""Whether a tender lives, and how it is woken. The tender itself is engine/tender.py; it holds no state."""

from __future__ import annotations

import errno
import os

from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def fifo_path(engine: Engine) -> str:
    return f"{engine.paths.run_dir}/tender.fifo"


def lock(engine: Engine) -> Lock:
    """The lock that the living tender holds."""
    return Lock(f"{engine.paths.locks_dir}/tender")


def ensure(engine: Engine) -> None:
    """Wake the tender, or start one where none lives."""
    if _wake(engine):
        return
    from dockercompat.host.run import spawn, wait

    argv = ("setsid", "--fork", *engine.paths.own_command(), "tender")
    wait(spawn(argv, new_session=True, cwd="/"))


def _wake(engine: Engine) -> bool:
    try:
        fd = os.open(fifo_path(engine), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):  # nobody reads it
            return False
        raise
    try:
        os.write(fd, b"w")
    except BlockingIOError:
        pass
    finally:
        os.close(fd)
    return True
