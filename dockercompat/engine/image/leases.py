"""Layers that a build under way counts on: as long as it lives, no collection takes them away."""

from __future__ import annotations

import fcntl
import os

from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockercompat.engine.engine import Engine

_PREFIX = "lease-"


class Lease:
    """The layers of one build, in a file that it holds locked: its workers inherit the lock, the kernel gives it back when all are dead."""

    def __init__(self, engine: Engine) -> None:
        self._locks_dir = engine.paths.locks_dir
        self._path = f"{self._locks_dir}/{_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
        self._fd = -1
        self._taken: set[str] = set()

    def take(self, diff_ids: Iterable[str]) -> None:
        """From now on these stay, if they are there: whether they are has to be looked at after this."""
        fresh = [diff_id for diff_id in diff_ids if diff_id not in self._taken]
        if not fresh:
            return
        with _gate(self._locks_dir, shared=True):
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._fd, fcntl.LOCK_EX)
            os.write(self._fd, "".join(f"{diff_id}\n" for diff_id in fresh).encode())
        self._taken.update(fresh)

    def release(self) -> None:
        if self._fd >= 0:
            os.unlink(self._path)
            os.close(self._fd)
            self._fd = -1
            self._taken.clear()


class Leased:
    """All layers that living builds count on, while the `with` lasts: no build takes more of them meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._gate = _gate(engine.paths.locks_dir, shared=False)
        self._locks_dir = engine.paths.locks_dir

    def __enter__(self) -> frozenset[str]:
        self._gate.acquire()
        found: set[str] = set()
        for name in os.listdir(self._locks_dir):
            if name.startswith(_PREFIX):
                found.update(_read(f"{self._locks_dir}/{name}"))
        return frozenset(found)

    def __exit__(self, *_: object) -> None:
        self._gate.release()


def _gate(locks_dir: str, *, shared: bool) -> Lock:
    os.makedirs(locks_dir, 0o700, exist_ok=True)
    return Lock(f"{locks_dir}/leases", shared=shared)


def _read(path: str) -> list[str]:
    """What a lease has, nothing when its build is dead: then the file goes."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    with open(fd, encoding="ascii") as file:
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().split()
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        return []
