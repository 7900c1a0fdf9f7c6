"""Directories into archives: layers in overlay form as changesets, and plain trees (export, cp) the same way."""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.kernel.syscall import RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, openat2
from dockercompat.storage.layer import OPAQUE_NAME, WHITEOUT_PREFIX, is_bookkeeping, read_xattrs
from dockercompat.storage.tar import BLOCK, TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.storage.tar import Writer

_CHUNK = 1 << 20


class _Sink:
    def write(self, data: bytes, /) -> None:
        return None


def pack(layer_dir: str, out: Writer, *, latest_s: int | None = None) -> str:
    """Write a layer directory in overlay form as a changeset, and return its DiffID.

    The same tree gives the same bytes: names in order, whole seconds, no access times; extracting and packing again changes nothing.
    Sockets are left out. Reads forms of whiteouts and opaque directories that fuse-overlayfs leaves, too.
    latest_s  what later times are written as
    """
    root_fd = os.open(layer_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        packer = Packer(TarWriter(out, latest_s=latest_s), root_fd, whiteouts=True)
        packer.add_root()
        return packer.writer.finish()
    finally:
        os.close(root_fd)


def layer_digest(layer_dir: str) -> str:
    """The DiffID that `pack` would give, with nothing written."""
    return pack(layer_dir, _Sink())


class _Frame:
    """A directory that is being packed; its descriptor is closed meanwhile when it lies under many others."""

    __slots__ = ("fd", "name", "names", "path")

    def __init__(self, fd: int, path: bytes, name: bytes, names: list[bytes]) -> None:
        self.fd = fd
        self.path = path
        self.name = name
        self.names = names


class Packer:
    """Adds trees below one directory to an archive. Follows no symbolic link, so that the directory may be a running container's root.

    whiteouts  the tree is in overlay form; else it is taken as it is
    skipped    tells by path ("etc/hosts") which names to leave out (None: nothing is left out)
    owners     gives the uid and gid to record for those of a file
    exact      times to the nanosecond, and files with their holes (GNU sparse format 1.0)
    """

    def __init__(
        self,
        writer: TarWriter,
        root_fd: int,
        *,
        whiteouts: bool,
        skipped: Callable[[bytes], bool] | None = None,
        owners: Callable[[int, int], tuple[int, int]] | None = None,
        exact: bool = False,
    ) -> None:
        self.writer = writer
        self._exact = exact
        self._owners = owners
        self.size_bytes = 0
        self._root_fd = root_fd
        self._whiteouts = whiteouts
        self._skipped = skipped
        self._links: dict[tuple[int, int], bytes] = {}

    def add_root(self) -> None:
        """Add everything in the directory; the directory itself only for a layer, and when it differs from root's 0755 or is opaque."""
        fd = self._open_dir(b"")
        status = os.fstat(fd)
        names, marked = self._names(fd)
        xattrs, owner, opaque = read_xattrs(fd)
        uid, gid = self._owner(status, owner)
        mode = stat.S_IMODE(status.st_mode)
        if self._whiteouts and (mode != 0o755 or uid or gid or xattrs):
            self.writer.header(b"./", b"5", mode=mode, uid=uid, gid=gid, mtime_s=status.st_mtime_ns // 1_000_000_000, xattrs=xattrs)
        if self._whiteouts and (opaque or marked):
            self.writer.header(OPAQUE_NAME, b"0", mode=0o600)
        self._walk(_Frame(fd, b"", b"", names))

    def add(self, path: bytes, name: bytes) -> None:
        """Add the file or the tree at a path below the directory under another name. Raises FileNotFoundError."""
        parent, _, base = path.strip(b"/").rpartition(b"/")
        if not base:
            fd = self._open_dir(b"")
            names, marked = self._names(fd)
            self._directory(os.fstat(fd), fd, name, marked)
            self._walk(_Frame(fd, b"", name + b"/", names))
            return
        frame = _Frame(self._open_dir(parent), parent + b"/" if parent else b"", b"", [])
        try:
            inner = self._one(frame, base, name)
        finally:
            os.close(frame.fd)
        if inner is not None:
            self._walk(inner)

    def _open_dir(self, path: bytes) -> int:
        while True:
            try:
                return openat2(
                    self._root_fd,
                    os.fsdecode(path) or ".",
                    os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW,
                    resolve=RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
                )
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise

    def _names(self, fd: int) -> tuple[list[bytes], bool]:
        """What is in a directory, last first, and whether a mark among it makes the directory opaque."""
        names = sorted(map(os.fsencode, os.listdir(fd)), reverse=True)
        if not self._whiteouts:
            return names, False
        return [name for name in names if not is_bookkeeping(os.fsdecode(name))], OPAQUE_NAME in names

    def _walk(self, top: _Frame) -> None:
        stack = [top]
        try:
            while stack:
                frame = stack[-1]
                if not frame.names:
                    stack.pop()
                    if frame.fd >= 0:
                        os.close(frame.fd)
                    continue
                if frame.fd < 0:
                    frame.fd = self._open_dir(frame.path.rstrip(b"/"))
                base = frame.names.pop()
                try:
                    inner = self._one(frame, base, frame.name + base)
                except OSError as error:
                    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):  # a running container changes its files meanwhile
                        continue
                    raise
                if inner is not None:
                    if len(stack) > 100:
                        os.close(frame.fd)
                        frame.fd = -1
                    stack.append(inner)
        finally:
            for frame in stack:
                if frame.fd >= 0:
                    os.close(frame.fd)

    def _one(self, frame: _Frame, base: bytes, name: bytes) -> _Frame | None:
        """Write one entry; for a directory the frame of what is in it."""
        path = frame.path + base
        if self._skipped is not None and self._skipped(path):
            return None
        status = os.lstat(base, dir_fd=frame.fd)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFREG:
            if status.st_nlink > 1:
                first = self._links.setdefault((status.st_dev, status.st_ino), name)
                if first is not name:
                    self._plain(status, name, b"1", link=first)
                    return None
            self._file(frame.fd, base, name)
        elif kind == stat.S_IFDIR:
            fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=frame.fd)
            names, marked = self._names(fd)
            self._directory(os.fstat(fd), fd, name, marked)
            return _Frame(fd, path + b"/", name + b"/", names)
        elif kind == stat.S_IFLNK:
            self._plain(status, name, b"2", link=os.readlink(base, dir_fd=frame.fd))
        elif kind == stat.S_IFCHR and status.st_rdev == 0 and self._whiteouts:
            self.writer.header(name[: len(name) - len(base)] + WHITEOUT_PREFIX + base, b"0", mode=0o600)
        elif kind == stat.S_IFCHR:
            self._plain(status, name, b"3")
        elif kind == stat.S_IFBLK:
            self._plain(status, name, b"4")
        elif kind == stat.S_IFIFO:
            self._plain(status, name, b"6")
        return None

    def _owner(self, status: os.stat_result, recorded: tuple[int, int] | None) -> tuple[int, int]:
        if self._owners is not None:
            return self._owners(status.st_uid, status.st_gid)
        return recorded or (status.st_uid, status.st_gid)

    def _plain(self, status: os.stat_result, name: bytes, kind: bytes, *, link: bytes = b"") -> None:
        device = (os.major(status.st_rdev), os.minor(status.st_rdev)) if kind in (b"3", b"4") else (0, 0)
        uid, gid = self._owner(status, None)
        self.writer.header(
            name,
            kind,
            mode=stat.S_IMODE(status.st_mode),
            uid=uid,
            gid=gid,
            mtime_s=status.st_mtime_ns // 1_000_000_000,
            link=link,
            device=device,
            records=self._records(status),
        )

    def _directory(self, status: os.stat_result, fd: int, name: bytes, marked: bool) -> None:
        xattrs, owner, opaque = read_xattrs(fd)
        uid, gid = self._owner(status, owner)
        self.writer.header(
            name + b"/",
            b"5",
            mode=stat.S_IMODE(status.st_mode),
            uid=uid,
            gid=gid,
            mtime_s=status.st_mtime_ns // 1_000_000_000,
            xattrs=xattrs,
            records=self._records(status),
        )
        if self._whiteouts and (opaque or marked):
            self.writer.header(name + b"/" + OPAQUE_NAME, b"0", mode=0o600)

    def _file(self, dir_fd: int, base: bytes, name: bytes) -> None:
        if self._whiteouts and base.startswith(WHITEOUT_PREFIX):
            self.writer.header(name, b"0", mode=0o600)
            return
        fd = os.open(base, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
        try:
            status = os.fstat(fd)
            xattrs, owner, _ = read_xattrs(fd)
            uid, gid = self._owner(status, owner)
            size = status.st_size
            writer = self.writer
            pieces = self._pieces(fd, status)
            parent, _, last = name.rpartition(b"/")
            writer.header(
                name if pieces is None else (parent + b"/" if parent else b"") + b"GNUSparseFile.0/" + last,
                b"0",
                mode=stat.S_IMODE(status.st_mode),
                uid=uid,
                gid=gid,
                size=size if pieces is None else len(_sparse_map(pieces)) + sum(length for _, length in pieces),
                mtime_s=status.st_mtime_ns // 1_000_000_000,
                xattrs=xattrs,
                records=self._records(status, name if pieces is not None else b""),
            )
            if pieces is not None:
                writer.write(_sparse_map(pieces))
                for at, length in pieces:
                    os.lseek(fd, at, os.SEEK_SET)
                    self._data(fd, length)
                    self.size_bytes += length
                writer.pad(sum(length for _, length in pieces))
                return
            self.size_bytes += size
            self._data(fd, size)
            writer.pad(size)
        finally:
            os.close(fd)

    def _data(self, fd: int, size: int) -> None:
        """Write so many bytes of a file from where it stands."""
        left = size
        while left:
            data = os.read(fd, left if left < _CHUNK else _CHUNK)
            if not data:  # it shrank since
                while left:
                    data = bytes(min(left, _CHUNK))
                    left -= len(data)
                    self.writer.write(data)
                break
            left -= len(data)
            self.writer.write(data)

    def _records(self, status: os.stat_result, sparse_name: bytes = b"") -> list[tuple[bytes, bytes]]:
        """What an exact archive says of a file beyond its header."""
        records: list[tuple[bytes, bytes]] = []
        if sparse_name:
            records += [
                (b"GNU.sparse.major", b"1"),
                (b"GNU.sparse.minor", b"0"),
                (b"GNU.sparse.name", sparse_name),
                (b"GNU.sparse.realsize", b"%d" % status.st_size),
            ]
        if self._exact and status.st_mtime_ns % 1_000_000_000 and status.st_mtime_ns >= 0:
            records.append((b"mtime", b"%d.%09d" % divmod(status.st_mtime_ns, 1_000_000_000)))
        return records

    def _pieces(self, fd: int, status: os.stat_result) -> list[tuple[int, int]] | None:
        """(offset, length) of what a file with holes has of data, None to write the file as it is."""
        size = status.st_size
        if not self._exact or status.st_blocks * 512 >= size:
            return None
        pieces: list[tuple[int, int]] = []
        at = 0
        while at < size:
            try:
                at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nothing but a hole to the end
                    raise
                break
            end = min(os.lseek(fd, at, os.SEEK_HOLE), size)
            pieces.append((at, end - at))
            at = end
        os.lseek(fd, 0, os.SEEK_SET)
        if pieces == [(0, size)]:
            return None
        if not pieces or sum(pieces[-1]) < size:
            pieces.append((size, 0))  # so that readers that look at the map alone know the size
        return pieces


def _sparse_map(pieces: list[tuple[int, int]]) -> bytes:
    numbers = [len(pieces), *(number for piece in pieces for number in piece)]
    text = b"".join(b"%d\n" % number for number in numbers)
    return text + bytes(-len(text) % BLOCK)
