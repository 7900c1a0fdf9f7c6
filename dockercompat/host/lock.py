"""Per-object locks: flock on a file of the runtime directory; released by the kernel when the process dies."""

from __future__ import annotations

import fcntl
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Lock:
    """An exclusive (or shared) advisory lock, used as a context manager. Not held while anything runs, downloads or waits."""

    def __init__(self, path: str, *, shared: bool = False) -> None:
        self.path = path
        self.shared = shared
        self._fd = -1

    @property
    def fd(self) -> int:
        """The descriptor that holds the lock, for a process that is to hold it too; -1 while it is not held."""
        return self._fd

    def acquire(self, *, block: bool = True) -> bool:
        """Take the lock; False when block is off and another process holds it."""
        mode = (fcntl.LOCK_SH if self.shared else fcntl.LOCK_EX) | (0 if block else fcntl.LOCK_NB)
        while True:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, mode)
            except BlockingIOError:
                os.close(fd)
                return False
            try:  # the file may have been removed by its last holder while we waited
                if os.stat(self.path).st_ino == os.fstat(fd).st_ino:
                    self._fd = fd
                    return True
            except FileNotFoundError:
                pass
            os.close(fd)

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; remove also deletes its file, for an object that is gone."""
        if remove:
            try:
                os.unlink(self.path)
            except FileNotFoundError:
                pass
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        if self._fd < 0:  # it may have been acquired before
            self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
