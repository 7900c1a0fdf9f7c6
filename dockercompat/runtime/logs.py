"""The log file of a monitor, read back: one line `TIME STREAM TAG TEXT` an entry (Kubernetes container log format).

TAG F ends a line, P is a part of one. Times are UTC with nine decimals, since the monitor is given TZ=UTC.
"""

from __future__ import annotations

import os
import time

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK_BYTES = 1 << 16
_POLL_S = 0.03


class Entry(Record):
    """A line or a part of one: time as docker prints it (RFC 3339, nine decimals, Z), stdout or stderr, bytes with their line end."""

    time: str
    stream: str
    text: bytes


def parse(line: bytes) -> Entry | None:
    """One line of the file without its line end; None when it is damaged."""
    words = line.split(b" ", 3)
    if len(words) != 4 or len(words[0]) < 29:
        return None
    return Entry(
        words[0][:29].decode("ascii", "replace") + "Z", words[1].decode("ascii", "replace"), words[3] + (b"\n" if words[2] == b"F" else b"")
    )


def read(
    path: str,
    *,
    tail: int = -1,
    since: str = "",
    until: str = "",
    follow: bool = False,
    running: Callable[[], bool] = lambda: False,
) -> Iterator[Entry]:
    """Entries of a log, oldest first.

    tail          only the last so many, -1 for all
    since, until  bounds in the form of Entry.time, "" for none
    follow        go on with what is added while running() holds, over rotations of the file
    """
    position = 0
    if tail >= 0:
        position = _tail_position(path, tail)
    inode = 0
    rest = b""
    while True:
        alive = follow and running()
        try:
            file = open(path, "rb")
        except FileNotFoundError:
            file = None
        if file is not None:
            with file:
                status = os.fstat(file.fileno())
                if inode and (status.st_ino != inode or status.st_size < position):
                    position, rest = 0, b""
                inode = status.st_ino
                file.seek(position)
                while block := file.read(_BLOCK_BYTES):
                    position += len(block)
                    *lines, rest = (rest + block).split(b"\n")
                    for line in lines:
                        entry = parse(line)
                        if entry is None or (since and entry.time < since):
                            continue
                        if until and entry.time > until:
                            return
                        yield entry
        if not alive:
            return
        if until and until <= _now():
            return
        time.sleep(_POLL_S)


def _now() -> str:
    moment = time.time_ns()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**9)) + f".{moment % 10**9:09d}Z"


def _tail_position(path: str, count: int) -> int:
    """Where the last count entries begin, found from the end of the file."""
    try:
        file = open(path, "rb")
    except FileNotFoundError:
        return 0
    with file:
        end = file.seek(0, os.SEEK_END)
        if not count:
            return end
        position, found = end, 0
        while position > 0:
            step = min(_BLOCK_BYTES, position)
            position -= step
            file.seek(position)
            block = file.read(step)
            at = len(block)
            while (at := block.rfind(b"\n", 0, at)) >= 0:
                if position + at == end - 1:
                    continue
                found += 1
                if found == count:
                    return position + at + 1
        return 0
