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
    from io import BufferedReader

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
    for entry in looks(path, tail=tail, since=since, until=until, follow=follow, running=running):
        if entry is None:
            time.sleep(_POLL_S)
        else:
            yield entry


def looks(
    path: str,
    *,
    tail: int = -1,
    since: str = "",
    until: str = "",
    follow: bool = False,
    running: Callable[[], bool] = lambda: False,
) -> Iterator[Entry | None]:
    """The same for one who follows several logs: None whenever there is nothing more for now."""
    for entry in _lines(path, tail, follow, running, lambda: bool(until) and until <= _now()):
        if entry is None:
            yield None
            continue
        if since and entry.time < since:
            continue
        if until and entry.time > until:
            return
        yield entry


def keep(path: str, *, begin: bool = False) -> None:
    """Give the monitor's present file a second name, so that it outlives its rotation: the monitor itself throws the old file away.

    PATH.0 is the file that was present the last time this was called, PATH.1 and PATH.2 those before it. Two rotations between
    two calls lose what lay between them. Without begin nothing happens to a log that is not kept.
    """
    try:
        present = os.stat(path).st_ino
        try:
            if os.stat(f"{path}.0").st_ino == present:
                return
            if os.path.exists(f"{path}.1"):
                os.rename(f"{path}.1", f"{path}.2")
            os.rename(f"{path}.0", f"{path}.1")
        except FileNotFoundError:
            if not begin:
                return
        os.link(path, f"{path}.0")
    except (FileNotFoundError, FileExistsError):  # no log, or another process does the same
        return


def _sources(path: str) -> list[BufferedReader]:
    """The files of a log, oldest first; the last is the one that is being written."""
    found: list[BufferedReader] = []
    inodes: set[int] = set()
    for name in (path, f"{path}.0", f"{path}.1", f"{path}.2"):  # newest first: a rotation meanwhile shows a file twice, not never
        file = _open(name)
        if file is None:
            continue
        inode = os.fstat(file.fileno()).st_ino
        if inode in inodes:
            file.close()
            continue
        inodes.add(inode)
        found.insert(0, file)
    return found


def _lines(path: str, tail: int, follow: bool, running: Callable[[], bool], late: Callable[[], bool]) -> Iterator[Entry | None]:
    """Entries, and None when all that is there has been read and more may come."""
    files = _sources(path)
    missing = tail
    for file in reversed(files):
        if tail >= 0:
            position, found = _tail_position(file, missing)
            file.seek(position)
            missing -= found
    rest = b""
    try:
        while True:
            alive = follow and running()
            keep(path)
            last = len(files) < 2
            newer = _open(path) if last and (not files or _is_replaced(path, files[0])) else None  # first, so that no end is missed
            while files and (block := files[0].read(_BLOCK_BYTES)):
                *lines, rest = (rest + block).split(b"\n")
                yield from filter(None, map(parse, lines))
            if newer is not None:
                files.append(newer)
            if len(files) > 1:
                files.pop(0).close()
                rest = b""
                continue
            if newer is not None:
                continue
            if not alive or late():
                return
            yield None
    finally:
        for file in files:
            file.close()


def _open(path: str) -> BufferedReader | None:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        return None


def _is_replaced(path: str, file: BufferedReader) -> bool:
    """Whether the monitor has begun another file."""
    try:
        return os.stat(path).st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _now() -> str:
    moment = time.time_ns()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**9)) + f".{moment % 10**9:09d}Z"


def _tail_position(file: BufferedReader, count: int) -> tuple[int, int]:
    """Where the last count lines begin, found from the end of the file, and how many there are. Parts of a line count as one."""
    offset = file.seek(0, os.SEEK_END)
    if not count:
        return offset, 0
    found = 0
    for number, line in enumerate(_backwards(file, offset)):
        if number == 0:  # what follows the last line end
            offset -= len(line)
            continue
        entry = parse(line)
        if number == 1 or (entry is not None and entry.text.endswith(b"\n")):
            if found == count:
                return offset, found
            found += 1
        offset -= len(line) + 1
    return 0, found


def _backwards(file: BufferedReader, position: int) -> Iterator[bytes]:
    """The lines before a position, last first."""
    rest = b""
    while position > 0:
        step = min(_BLOCK_BYTES, position)
        position -= step
        file.seek(position)
        rest, *lines = (file.read(step) + rest).split(b"\n")
        yield from reversed(lines)
    yield rest
