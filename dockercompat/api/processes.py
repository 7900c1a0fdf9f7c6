"""What the processes of a service have in common: the board on which each says what it does, and their end with the service."""

from __future__ import annotations

import mmap
import os
import signal
import struct
import time

from dockercompat.kernel import syscall


class Board:
    """What the processes tell each other without a word: who waits, who serves, and when a client last came.

    Behind the time of the last client, a byte for each process: NONE, WAITS, SERVES.
    """

    NONE, WAITS, SERVES = 0, 1, 2
    _HEAD = 8

    def __init__(self, size: int) -> None:
        self._map = mmap.mmap(-1, self._HEAD + size)
        self._size = size
        self.touch()

    def touch(self) -> None:
        self._map[: self._HEAD] = struct.pack("d", time.monotonic())

    @property
    def touched_s(self) -> float:
        """time.monotonic() when a client came or went last."""
        moment: float = struct.unpack("d", self._map[: self._HEAD])[0]
        return moment

    def set(self, slot: int, state: int) -> None:
        self._map[self._HEAD + slot] = state

    def is_serving(self, slot: int) -> bool:
        return self._map[self._HEAD + slot] == self.SERVES

    def count(self, state: int) -> int:
        return self._map[self._HEAD :].count(bytes((state,)))

    def free_slot(self) -> int:
        """The number of a free slot, or -1."""
        return self._map.find(b"\0", self._HEAD) - self._HEAD if self.count(self.NONE) else -1


def end_with_parent(parent: int) -> None:
    """Have this process end with the service. To be repeated when it has joined namespaces: the kernel forgets it there."""
    syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent and os.getppid() != 0:
        os._exit(0)
