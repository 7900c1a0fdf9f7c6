"""Changed files put into containers: one archive of what is there, and the removal of what is gone.

Source: docker/compose, internal/sync/tar.go.
"""

from __future__ import annotations

import os
import stat

from dockercompat.compose.watching.batch import Copy
from dockercompat.errors import ClientError, DockerError, sentence
from dockercompat.kernel.idmap import real_ids
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from dockercompat.compose.door import Door
    from dockercompat.compose.watching.rules import Rule

_PIECE_BYTES = 1 << 20
_MEMORY_BYTES = 16 << 20  # an archive that is larger waits on the disk
_KINDS = {stat.S_IFREG: b"0", stat.S_IFLNK: b"2", stat.S_IFDIR: b"5", stat.S_IFIFO: b"6"}


def sync(door: Door, containers: Sequence[str], copies: Sequence[Copy]) -> None:
    """Make paths in containers what they are on the host. The process has joined the holder.

    containers  ids
    Raises      the first failure, when all containers have had their turn
    """
    from tempfile import SpooledTemporaryFile

    gone = [copy.target for copy in copies if not os.path.lexists(copy.source)]
    there = [copy for copy in copies if os.path.lexists(copy.source)]
    failed: DockerError | None = None
    with SpooledTemporaryFile(max_size=_MEMORY_BYTES) as archive:
        if there:
            pack(there, archive)  # type: ignore[arg-type]
        for container in containers:
            try:
                if gone:
                    door.remove(container, gone)
                if there:
                    archive.seek(0)
                    put = door.verb("container.copy", "put_archive")
                    put(door.engine, container, "/", archive, copy_owner=True)
            except DockerError as error:
                failed = failed or ClientError(f"copying files to {container}: {error.line}")
            except OSError as error:
                failed = failed or ClientError(f"copying files to {container}: {sentence(error)}")
    if failed is not None:
        raise failed


def pack(copies: Iterable[Copy], archive: BinaryIO) -> None:
    """Write an archive of single files, directories (without what is in them) and links. What has gone meanwhile is left out."""
    writer = TarWriter(archive, hashed=False)
    last = {copy.target: copy for copy in copies}
    own = real_ids() if os.getuid() == 0 else None
    for copy in last.values():
        try:
            _add(writer, copy, own)
        except (FileNotFoundError, NotADirectoryError):
            continue
    writer.finish()


def _add(writer: TarWriter, copy: Copy, own: tuple[int, int] | None) -> None:
    """Add one. own: the user's ids on the host where this process is in its namespace."""
    status = os.lstat(copy.source)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return
    name = os.fsencode(copy.target.lstrip("/")) + (b"/" if kind == b"5" else b"")
    link = os.fsencode(os.readlink(copy.source)) if kind == b"2" else b""
    fd = os.open(copy.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK) if kind == b"0" else -1
    try:
        if fd >= 0:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return
        size = status.st_size if fd >= 0 else 0
        writer.header(
            name,
            kind,
            mode=stat.S_IMODE(status.st_mode),
            uid=_outside(status.st_uid, own[0]) if own else status.st_uid,
            gid=_outside(status.st_gid, own[1]) if own else status.st_gid,
            size=size,
            mtime_s=status.st_mtime_ns // 1_000_000_000,
            link=link,
        )
        if fd >= 0:
            _write(writer, fd, size)
    finally:
        if fd >= 0:
            os.close(fd)


def _write(writer: TarWriter, fd: int, size: int) -> None:
    """A file's data, as long as its header says: one that is written meanwhile changes again and comes once more."""
    left = size
    while left:
        data = os.read(fd, min(left, _PIECE_BYTES)) or bytes(min(left, _PIECE_BYTES))
        writer.write(data)
        left -= len(data)
    writer.pad(size)


def _outside(file_id: int, own_id: int) -> int:
    """The id that a file's has on the host: the user's own is 0 in its namespace, and root's has none there."""
    if file_id == 0:
        return own_id
    return 0 if file_id == _unmapped() else file_id


def _unmapped() -> int:
    with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
        return int(file.read())


def initial(rule: Rule) -> Iterator[Copy]:
    """What a rule with `initial_sync` puts into containers before watching begins. Raises ClientError when its path is not there."""
    try:
        mode = os.stat(rule.path).st_mode
    except OSError as error:
        raise ClientError(f"stat {rule.path}: {(error.strerror or '').lower()}") from None
    if not stat.S_ISDIR(mode):
        if rule.concerns(rule.path):
            yield Copy(rule.path, rule.place(rule.path))
        return
    stack = [rule.path]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.is_dir(follow_symlinks=False):
                    if not rule.skips(entry.path):
                        stack.append(entry.path)
                elif rule.concerns(entry.path):
                    yield Copy(entry.path, rule.place(entry.path))
