"""Changesets (tar streams) to layer directories in overlay form and back, decompression, and merging of layers into plain trees.

Overlay form: a removed name is a character device 0:0, an opaque directory has the attribute user.overlay.opaque "y".
Where the kernel refuses such devices (before 5.8) the `.wh.` files stay as they are; fuse-overlayfs and vfs understand both.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat

from dockercompat.errors import InvalidLayer
from dockercompat.kernel.syscall import RESOLVE_IN_ROOT, openat2
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, Protocol, cast

    from _typeshed import WriteableBuffer

    class Writer(Protocol):
        def write(self, data: bytes, /) -> object: ...

else:

    def cast(_, value):
        return value


WHITEOUT_PREFIX = b".wh."
OPAQUE_NAME = b".wh..wh..opq"
OPAQUE_XATTR = "user.overlay.opaque"
OWNER_XATTR = "user.pydocker.owner"  # "UID:GID" where a single-id user namespace can't hold the real owner
_OPAQUE_XATTRS = (OPAQUE_XATTR, "user.fuseoverlayfs.opaque", "trusted.overlay.opaque")
_HIDDEN_XATTRS = ("user.overlay.", "user.fuseoverlayfs.", "user.containers.", "user.pydocker.", "trusted.")
_CHUNK = 1 << 20
_BLOCK = 512
_ZERO_BLOCK = bytes(_BLOCK)
_MAX_META = 16 << 20  # of one pax header or long name
_DIR_CACHE = 200
_LAST_S = 1 << 40


class Extracted(Record):
    """What came of one changeset: the digest of the uncompressed stream, and the size of the files in it."""

    diff_id: str
    size_bytes: int


# -- reading ----------------------------------------------------------------------------------------------------------


class _Stream:
    """A changeset read by a thread that also hashes it, so that decompression and sha256 run beside the writing of files."""

    def __init__(self, source: BinaryIO) -> None:
        import queue
        import threading

        self._source = source
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(maxsize=8)
        self._stopped = False
        self._chunk = memoryview(b"")
        self._at = 0
        self._ended = False
        self.digest = hashlib.sha256()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        try:
            while not self._stopped:
                data = self._source.read(_CHUNK)
                if data:
                    self.digest.update(data)
                self._chunks.put(data)
                if not data:
                    return
        except BaseException as error:
            self._chunks.put(error)

    def _next(self) -> bool:
        if self._ended:
            return False
        item = self._chunks.get()
        if isinstance(item, BaseException):
            self._ended = True
            raise item
        self._chunk = memoryview(item)
        self._at = 0
        self._ended = not item
        return not self._ended

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Exactly size bytes, as they come. Raises InvalidLayer when the stream ends before."""
        while size:
            have = len(self._chunk) - self._at
            if not have:
                if not self._next():
                    raise InvalidLayer("unexpected EOF")
                continue
            take = have if have < size else size
            piece = self._chunk[self._at : self._at + take]
            self._at += take
            size -= take
            yield piece

    def read(self, size: int) -> bytes:
        at = self._at
        if at + size <= len(self._chunk):
            self._at = at + size
            return bytes(self._chunk[at : at + size])
        return b"".join(self.pieces(size))

    def skip(self, size: int) -> None:
        at = self._at + size
        if at <= len(self._chunk):
            self._at = at
            return
        for _ in self.pieces(size):
            pass

    def header(self) -> bytes:
        """The next block, or b"" at the end of the stream."""
        while self._at == len(self._chunk):
            if not self._next():
                return b""
        return self.read(_BLOCK)

    def finish(self) -> str:
        """Read to the very end and return the digest."""
        while self._next():
            pass
        self._thread.join()
        return "sha256:" + self.digest.hexdigest()

    def stop(self) -> None:
        """End the reading thread after a failure."""
        import queue

        self._stopped = True
        while self._thread.is_alive():
            try:
                self._chunks.get(timeout=0.05)
            except queue.Empty:
                continue


class Entry:
    """One member of a tar stream. mtime_ns as recorded; xattrs by name; sparse is the map of data pieces, or None."""

    __slots__ = ("devmajor", "devminor", "gid", "link", "mode", "mtime_ns", "name", "size", "sparse", "stored", "type", "uid", "xattrs")

    name: bytes
    type: bytes
    mode: int
    uid: int
    gid: int
    size: int
    stored: int
    mtime_ns: int
    link: bytes
    devmajor: int
    devminor: int
    xattrs: dict[str, bytes]
    sparse: list[tuple[int, int]] | None


_NO_XATTRS: dict[str, bytes] = {}


def _number(field: bytes) -> int:
    """An octal or base-256 number of a header."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << (8 * (len(field) - 1)))
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
        return value
    text = field.partition(b"\0")[0].strip()
    try:
        return int(text, 8) if text else 0
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None


def _check_sum(header: bytes) -> None:
    expected = _number(header[148:156])
    if sum(header) - sum(header[148:156]) + 256 != expected:
        signed = sum(b - 256 if b > 127 else b for b in header[:148] + header[156:]) + 256
        if signed != expected:
            raise InvalidLayer("archive/tar: invalid tar header")


def _pax_records(data: bytes) -> dict[str, bytes]:
    records: dict[str, bytes] = {}
    sparse: list[bytes] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        try:
            end = at + int(data[at:space])
        except ValueError:
            end = 0
        if space < 0 or end <= space or end > len(data) or data[end - 1 : end] != b"\n":
            raise InvalidLayer("archive/tar: invalid tar header")
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise InvalidLayer("archive/tar: invalid tar header")
        name = key.decode("utf-8", "surrogateescape")
        if name in ("GNU.sparse.offset", "GNU.sparse.numbytes"):  # version 0.0 repeats these keys
            sparse.append(value)
        else:
            records[name] = value
        at = end
    if sparse:
        records["GNU.sparse.map"] = b",".join(sparse)
    return records


def _pax_time(text: bytes) -> int:
    whole, _, fraction = text.partition(b".")
    try:
        ns = int(whole or b"0") * 1_000_000_000
        part = int(fraction[:9].ljust(9, b"0")) if fraction else 0
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None
    return ns - part if whole.startswith(b"-") else ns + part


def _pax_number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None


def _sparse_pairs(numbers: list[int], size: int) -> list[tuple[int, int]]:
    pairs = list(zip(numbers[::2], numbers[1::2]))
    at = 0
    for offset, length in pairs:
        if offset < at or length < 0 or offset + length > size:
            raise InvalidLayer("archive/tar: invalid sparse file map")
        at = offset + length
    return pairs


def _old_sparse(stream: _Stream, header: bytes) -> tuple[list[int], int]:
    numbers: list[int] = []

    def take(block: bytes, at: int, count: int) -> None:
        for place in range(at, at + 24 * count, 24):
            if block[place] == 0:
                return
            numbers.extend((_number(block[place : place + 12]), _number(block[place + 12 : place + 24])))

    take(header, 386, 4)
    more = header[482]
    while more:
        block = stream.read(_BLOCK)
        take(block, 0, 21)
        more = block[504]
    return numbers, _number(header[483:495])


def _new_sparse(stream: _Stream, entry: Entry, pax: dict[str, bytes]) -> None:
    """GNU sparse files in pax headers: versions 0.0 and 0.1 keep the map in the header, 1.0 before the data."""
    if "GNU.sparse.name" in pax:
        entry.name = pax["GNU.sparse.name"]
    size = _pax_number(pax.get("GNU.sparse.realsize") or pax.get("GNU.sparse.size") or b"0")
    if pax.get("GNU.sparse.major") == b"1":
        text = b""
        lines: list[bytes] = []
        wanted = 1
        while len(lines) < wanted:
            if entry.stored < _BLOCK or len(text) > _MAX_META:
                raise InvalidLayer("archive/tar: invalid sparse file map")
            text += stream.read(_BLOCK)
            entry.stored -= _BLOCK
            lines = text.split(b"\n")[:-1]
            if lines:
                wanted = 1 + 2 * _pax_number(lines[0])
        numbers = [_pax_number(line) for line in lines[1:wanted]]
    else:
        numbers = [_pax_number(n) for n in pax["GNU.sparse.map"].split(b",") if n]
    entry.size = size
    entry.sparse = _sparse_pairs(numbers, size)


def _entries(stream: _Stream) -> Iterator[Entry]:
    """The members of a tar stream; the caller reads entry.stored bytes plus padding of each before asking for the next."""
    long_name: bytes | None = None
    long_link: bytes | None = None
    pax: dict[str, bytes] = {}
    while True:
        header = stream.header()
        if not header or header == _ZERO_BLOCK:
            return
        _check_sum(header)
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in (b"x", b"g", b"L", b"K"):
            if not 0 <= size <= _MAX_META:
                raise InvalidLayer("archive/tar: header field too long")
            data = stream.read(size)
            stream.skip(-size % _BLOCK)
            if kind == b"x":
                pax = _pax_records(data)
            elif kind == b"L":
                long_name = data.partition(b"\0")[0]
            elif kind == b"K":
                long_link = data.partition(b"\0")[0]
            continue
        entry = Entry()
        entry.type = kind
        entry.mode = _number(header[100:108]) & 0o7777
        entry.uid = _number(header[108:116])
        entry.gid = _number(header[116:124])
        entry.mtime_ns = _number(header[136:148]) * 1_000_000_000
        entry.link = header[157:257].partition(b"\0")[0]
        entry.name = header[:100].partition(b"\0")[0]
        entry.xattrs = _NO_XATTRS
        entry.sparse = None
        if kind in (b"3", b"4"):
            entry.devmajor = _number(header[329:337])
            entry.devminor = _number(header[337:345])
        if header[257:263] == b"ustar\0" and header[345]:
            entry.name = header[345:500].partition(b"\0")[0] + b"/" + entry.name
        if long_name is not None:
            entry.name = long_name
            long_name = None
        if long_link is not None:
            entry.link = long_link
            long_link = None
        if pax:
            entry.name = pax.get("path") or entry.name
            entry.link = pax.get("linkpath") or entry.link
            if "size" in pax:
                size = _pax_number(pax["size"])
            if "uid" in pax:
                entry.uid = _pax_number(pax["uid"])
            if "gid" in pax:
                entry.gid = _pax_number(pax["gid"])
            if pax.get("mtime"):
                entry.mtime_ns = _pax_time(pax["mtime"])
            xattrs = {key[13:]: value for key, value in pax.items() if key.startswith("SCHILY.xattr.")}
            if xattrs:
                entry.xattrs = xattrs
        if size < 0:
            raise InvalidLayer("archive/tar: invalid tar header")
        entry.size = entry.stored = size
        if kind in (b"1", b"2", b"3", b"4", b"5", b"6"):
            entry.size = entry.stored = 0
        elif kind == b"S":
            numbers, real = _old_sparse(stream, header)
            entry.size = real
            entry.sparse = _sparse_pairs(numbers, real)
            entry.type = b"0"
        elif pax and ("GNU.sparse.map" in pax or pax.get("GNU.sparse.major") == b"1"):
            _new_sparse(stream, entry, pax)
        if kind == b"\0":
            entry.type = b"5" if entry.name.endswith(b"/") else b"0"
        elif kind == b"7":
            entry.type = b"0"
        pax = {}
        if b"\0" in entry.name or b"\0" in entry.link:
            raise InvalidLayer("archive/tar: invalid tar header")
        if abs(entry.mtime_ns) > _LAST_S * 1_000_000_000:
            entry.mtime_ns = 0
        yield entry


# -- writing files ----------------------------------------------------------------------------------------------------


class _Tree:
    """Creates names below one directory. Every name is created relative to a descriptor of its parent, which was opened with the
    directory as root of the resolution, so that neither `..`, nor absolute names, nor symbolic links lead out of it."""

    def __init__(self, root_dir: str, *, single_id: bool) -> None:
        self.root_fd = os.open(root_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.single_id = single_id
        self.dir_times: dict[bytes, int] = {}
        self._dirs: dict[bytes, int] = {}

    def close(self) -> None:
        self.forget()
        os.close(self.root_fd)

    def forget(self) -> None:
        """Drop the known directories: something that others may lead through was removed."""
        for fd in self._dirs.values():
            os.close(fd)
        self._dirs.clear()

    def split(self, name: bytes, *, what: bytes | None = None) -> tuple[bytes, bytes]:
        """Parent and last component of a cleaned name; both empty for the directory itself. Raises InvalidLayer if it leads out."""
        parts = [part for part in name.split(b"/") if part and part != b"."]
        if b".." in parts:
            clean: list[bytes] = []
            for part in parts:
                if part != b"..":
                    clean.append(part)
                elif clean:
                    clean.pop()
                elif not name.startswith(b"/"):
                    raise InvalidLayer(f"invalid path in archive: {_show(what or name)} leads out of the layer")
            parts = clean
        if not parts:
            return b"", b""
        return b"/".join(parts[:-1]), parts[-1]

    def open_dir(self, path: bytes, *, create: bool) -> int:
        """A descriptor of a directory, kept for later; create makes what is missing, as root's with mode 0755."""
        if not path:
            return self.root_fd
        fd = self._dirs.get(path)
        if fd is not None:
            return fd
        while True:
            try:
                fd = openat2(self.root_fd, os.fsdecode(path), os.O_PATH | os.O_DIRECTORY, resolve=RESOLVE_IN_ROOT)
                break
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    continue
                if error.errno == errno.ENOENT and create:
                    self._make(path)
                    create = False
                    continue
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    raise InvalidLayer(f"invalid path in archive: {_show(path)}: {error.strerror}") from None
                raise
        if len(self._dirs) >= _DIR_CACHE:
            self.forget()
        self._dirs[path] = fd
        return fd

    def _make(self, path: bytes) -> None:
        parent, _, base = path.rpartition(b"/")
        parent_fd = self.open_dir(parent, create=True)
        try:
            os.mkdir(base, 0o755, dir_fd=parent_fd)
            os.chmod(base, 0o755, dir_fd=parent_fd)
        except FileExistsError:
            if _is_whiteout(os.lstat(base, dir_fd=parent_fd)):  # hidden below, made anew here
                os.unlink(base, dir_fd=parent_fd)
                os.mkdir(base, 0o755, dir_fd=parent_fd)
                os.chmod(base, 0o755, dir_fd=parent_fd)
                _set_opaque(base, parent_fd)

    def clear(self, path: bytes, base: bytes, dir_fd: int) -> bool:
        """Remove what stands in the way of a new entry; tells whether that was a whiteout."""
        status = os.lstat(base, dir_fd=dir_fd)
        if stat.S_ISDIR(status.st_mode):
            remove_tree(base, dir_fd)
            prefix = path + b"/"
            for known in [p for p in self.dir_times if p == path or p.startswith(prefix)]:
                del self.dir_times[known]
            self.forget()
            return False
        os.unlink(base, dir_fd=dir_fd)
        if stat.S_ISLNK(status.st_mode):
            self.forget()
        return _is_whiteout(status)

    def own(self, target: int | bytes, entry: Entry, dir_fd: int | None = None) -> None:
        """Give an open file (or a name) the entry's owner."""
        if self.single_id:
            if (entry.uid or entry.gid) and isinstance(target, int):
                _set_xattr(target, OWNER_XATTR, b"%d:%d" % (entry.uid, entry.gid))
            return
        try:
            if isinstance(target, int):
                os.fchown(target, entry.uid, entry.gid)
            else:
                os.chown(target, entry.uid, entry.gid, dir_fd=dir_fd, follow_symlinks=False)
        except (OSError, OverflowError) as error:
            if isinstance(error, OverflowError) or error.errno == errno.EINVAL:
                raise InvalidLayer(
                    f"{_show(entry.name)} belongs to {entry.uid}:{entry.gid}, an owner outside of your range of subordinate ids"
                ) from None
            raise


def _show(path: bytes) -> str:
    return '"' + path.decode("utf-8", "replace") + '"'


def _is_whiteout(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _set_xattr(target: int | str, name: str, value: bytes) -> None:
    """Set an attribute; a file system or namespace that has no such attributes is no failure (as docker has it)."""
    try:
        os.setxattr(target, name, value, follow_symlinks=not isinstance(target, str))
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM):
            raise


def _set_opaque(base: bytes, dir_fd: int) -> None:
    fd = os.open(base or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.setxattr(fd, OPAQUE_XATTR, b"y")
    finally:
        os.close(fd)


def make_whiteout(base: bytes, dir_fd: int) -> None:
    """Hide a name of the layers below: a 0:0 character device, or a `.wh.` file where the kernel refuses that."""
    try:
        os.mknod(base, stat.S_IFCHR, 0, dir_fd=dir_fd)
    except PermissionError:
        os.close(os.open(WHITEOUT_PREFIX + base, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600, dir_fd=dir_fd))


def remove_tree(base: bytes | str, dir_fd: int | None = None) -> None:
    """Remove a directory and all below it, following no symbolic link, whatever the modes of the directories are."""
    fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        _empty_dir(fd)
    finally:
        os.close(fd)
    os.rmdir(base, dir_fd=dir_fd)


def _empty_dir(dir_fd: int) -> None:
    with os.scandir(dir_fd) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            try:
                remove_tree(entry.name, dir_fd)
            except PermissionError:  # one's own directory without its owner's rights, outside of a user namespace
                os.chmod(entry.name, 0o700, dir_fd=dir_fd)
                remove_tree(entry.name, dir_fd)
        else:
            try:
                os.unlink(entry.name, dir_fd=dir_fd)
            except PermissionError:
                os.fchmod(dir_fd, 0o700)
                os.unlink(entry.name, dir_fd=dir_fd)


def extract_changeset(changeset: BinaryIO, layer_dir: str, *, single_id: bool = False) -> Extracted:
    """Extract one changeset into a layer directory in overlay form, hashing it in the same pass.

    changeset  uncompressed tar stream; read to its very end, not closed
    layer_dir  existing empty directory; afterwards with mode 0755 unless the changeset says otherwise
    single_id  only one id is mapped: owners are kept in the attribute user.pydocker.owner
    Device nodes that a user namespace can't make are left out, as docker's own rootless mode does.
    Raises     InvalidLayer if the stream is damaged or an entry would land outside layer_dir; OSError (ENOSPC, EDQUOT) as it came
    Spec       image-spec layer.md, Applying Changesets, Whiteouts
    """
    tree = _Tree(layer_dir, single_id=single_id)
    stream = _Stream(changeset)
    try:
        os.fchmod(tree.root_fd, 0o755)
        size = 0
        for entry in _entries(stream):
            size += entry.size
            _extract(tree, stream, entry, whiteouts=True)
        diff_id = stream.finish()
        _set_dir_times(tree)
        return Extracted(diff_id, size)
    finally:
        stream.stop()
        tree.close()


def extract_archive(archive: BinaryIO, target_dir: str, *, owner: tuple[int, int] | None = None, single_id: bool = False) -> int:
    """Extract a plain tar stream over a directory that may have content (cp, ADD), with the same confinement and no whiteouts.

    owner    uid and gid for every entry, instead of the recorded ones
    Returns  the size of the files in it
    """
    tree = _Tree(target_dir, single_id=single_id)
    stream = _Stream(archive)
    try:
        size = 0
        for entry in _entries(stream):
            if owner is not None:
                entry.uid, entry.gid = owner
            size += entry.size
            _extract(tree, stream, entry, whiteouts=False)
        stream.finish()
        _set_dir_times(tree)
        return size
    finally:
        stream.stop()
        tree.close()


def _set_dir_times(tree: _Tree) -> None:
    for path, mtime_ns in reversed(tree.dir_times.items()):
        if not path:
            os.utime(tree.root_fd, ns=(mtime_ns, mtime_ns))
            continue
        parent, _, base = path.rpartition(b"/")
        os.utime(base, ns=(mtime_ns, mtime_ns), dir_fd=tree.open_dir(parent, create=False), follow_symlinks=False)


def _extract(tree: _Tree, stream: _Stream, entry: Entry, *, whiteouts: bool) -> None:
    parent, base = tree.split(entry.name)
    kind = entry.type
    if not base:
        if kind == b"5":
            _apply_dir(tree, entry, b"", tree.root_fd, b".")
        else:
            stream.skip(entry.stored + -entry.stored % _BLOCK)
        return
    if whiteouts and base.startswith(WHITEOUT_PREFIX):
        stream.skip(entry.stored + -entry.stored % _BLOCK)
        if base == OPAQUE_NAME:
            if parent:
                above, name = tree.split(parent)
                tree.open_dir(parent, create=True)
                _set_opaque(name, tree.open_dir(above, create=True))
            else:
                _set_opaque(b"", tree.root_fd)
        elif not base.startswith(b".wh..wh."):  # the rest of that prefix is aufs's own bookkeeping
            _whiteout(tree, base[len(WHITEOUT_PREFIX) :], tree.open_dir(parent, create=True))
        return
    dir_fd = tree.open_dir(parent, create=True)
    if kind == b"0":
        _regular(tree, stream, entry, parent, base, dir_fd)
    elif kind == b"5":
        path = parent + b"/" + base if parent else base
        opaque = False
        try:
            os.mkdir(base, 0o700, dir_fd=dir_fd)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(base, dir_fd=dir_fd).st_mode):
                opaque = tree.clear(path, base, dir_fd) and whiteouts
                dir_fd = tree.open_dir(parent, create=True)
                os.mkdir(base, 0o700, dir_fd=dir_fd)
        _apply_dir(tree, entry, path, dir_fd, base)
        if opaque:
            _set_opaque(base, dir_fd)
    elif kind == b"2":
        dir_fd = _place(tree, parent, base, dir_fd, lambda fd: os.symlink(entry.link, base, dir_fd=fd))
        tree.own(base, entry, dir_fd)
        for key, value in entry.xattrs.items():
            if not key.startswith(_HIDDEN_XATTRS):
                _set_xattr(f"/proc/self/fd/{dir_fd}/{os.fsdecode(base)}", key, value)
        os.utime(base, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=dir_fd, follow_symlinks=False)
    elif kind == b"1":
        _hard_link(tree, entry, parent, base, dir_fd)
    elif kind in (b"3", b"4", b"6"):
        _special(tree, entry, parent, base, dir_fd)
    else:
        raise InvalidLayer(f"unhandled tar header type {kind[0]}")


def _whiteout(tree: _Tree, base: bytes, dir_fd: int) -> None:
    if base in (b"", b".", b".."):
        raise InvalidLayer(f"invalid whiteout in archive: {_show(base)}")
    try:
        status = os.lstat(base, dir_fd=dir_fd)
    except FileNotFoundError:
        make_whiteout(base, dir_fd)
        return
    if stat.S_ISDIR(status.st_mode):  # it hides what is below, never what the same changeset brings
        _set_opaque(base, dir_fd)


def _place(tree: _Tree, parent: bytes, base: bytes, dir_fd: int, make: Callable[[int], object]) -> int:
    """Make something at a name, removing what is there before; returns the parent's descriptor (it may have been opened anew)."""
    try:
        make(dir_fd)
    except FileExistsError:
        tree.clear(parent + b"/" + base if parent else base, base, dir_fd)
        dir_fd = tree.open_dir(parent, create=True)
        make(dir_fd)
    return dir_fd


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def _regular(tree: _Tree, stream: _Stream, entry: Entry, parent: bytes, base: bytes, dir_fd: int) -> None:
    try:
        fd = os.open(base, _NEW_FILE, 0o600, dir_fd=dir_fd)
    except FileExistsError:
        tree.clear(parent + b"/" + base if parent else base, base, dir_fd)
        fd = os.open(base, _NEW_FILE, 0o600, dir_fd=tree.open_dir(parent, create=True))
    try:
        stored = entry.stored
        if entry.sparse is not None:
            for offset, length in entry.sparse:
                os.lseek(fd, offset, os.SEEK_SET)
                for piece in stream.pieces(length):
                    _write(fd, piece)
                stored -= length
            if stored < 0:
                raise InvalidLayer("archive/tar: invalid sparse file map")
            os.ftruncate(fd, entry.size)
            stream.skip(stored + -entry.stored % _BLOCK)
        elif stored:
            for piece in stream.pieces(stored):
                _write(fd, piece)
            if stored % _BLOCK:
                stream.skip(-stored % _BLOCK)
        tree.own(fd, entry)
        os.fchmod(fd, entry.mode)
        for name, value in entry.xattrs.items():
            if not name.startswith(_HIDDEN_XATTRS):
                _set_xattr(fd, name, value)
        os.utime(fd, ns=(entry.mtime_ns, entry.mtime_ns))
    finally:
        os.close(fd)


def _write(fd: int, data: memoryview) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def _apply_dir(tree: _Tree, entry: Entry, path: bytes, dir_fd: int, base: bytes) -> None:
    if entry.xattrs or tree.single_id:
        fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
        try:
            tree.own(fd, entry)
            for name, value in entry.xattrs.items():
                if not name.startswith(_HIDDEN_XATTRS):
                    _set_xattr(fd, name, value)
        finally:
            os.close(fd)
    else:
        tree.own(base, entry, dir_fd)
    os.chmod(base, entry.mode, dir_fd=dir_fd)
    tree.dir_times.pop(path, None)
    tree.dir_times[path] = entry.mtime_ns


def _hard_link(tree: _Tree, entry: Entry, parent: bytes, base: bytes, dir_fd: int) -> None:
    target_parent, target = tree.split(entry.link, what=entry.name + b" -> " + entry.link)
    if not target:
        raise InvalidLayer(f"invalid hardlink {_show(entry.name + b' -> ' + entry.link)}")
    from_fd = tree.open_dir(target_parent, create=False)
    to_fd = dir_fd
    if parent != target_parent:  # opening one may have closed the other
        to_fd = tree.open_dir(parent, create=True)
        from_fd = tree.open_dir(target_parent, create=False)
    if (target_parent, target) == (parent, base):
        return
    try:
        try:
            os.link(target, base, src_dir_fd=from_fd, dst_dir_fd=to_fd, follow_symlinks=False)
        except FileExistsError:
            tree.clear(parent + b"/" + base if parent else base, base, to_fd)
            to_fd = tree.open_dir(parent, create=True)
            from_fd = tree.open_dir(target_parent, create=False)
            os.link(target, base, src_dir_fd=from_fd, dst_dir_fd=to_fd, follow_symlinks=False)
    except (FileNotFoundError, PermissionError) as error:
        raise InvalidLayer(f"link {_show(entry.link)} {_show(entry.name)}: {error.strerror}") from None


def _special(tree: _Tree, entry: Entry, parent: bytes, base: bytes, dir_fd: int) -> None:
    kind = {b"3": stat.S_IFCHR, b"4": stat.S_IFBLK, b"6": stat.S_IFIFO}[entry.type]
    device = 0 if entry.type == b"6" else os.makedev(entry.devmajor & 0xFFFFF, entry.devminor & 0xFFFFF)
    if entry.type != b"6" and device == 0:
        return  # would be taken for a whiteout
    try:
        dir_fd = _place(tree, parent, base, dir_fd, lambda fd: os.mknod(base, kind | 0o600, device, dir_fd=fd))
    except PermissionError:
        return
    tree.own(base, entry, dir_fd)
    os.chmod(base, entry.mode, dir_fd=dir_fd)
    os.utime(base, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=dir_fd, follow_symlinks=False)


# -- decompression ----------------------------------------------------------------------------------------------------


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were taken off to look at them. Closing it leaves the rest open."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size < 0:
            data, self._head = self._head + self._rest.read(), b""
        elif size <= len(self._head):
            data, self._head = self._head[:size], self._head[size:]
        else:
            data, self._head = self._head + self._rest.read(size - len(self._head)), b""
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        return True


def open_compressed(file: BinaryIO) -> BinaryIO:
    """The uncompressed bytes of a stream, by its first bytes: gzip, bzip2, xz, zstd, or as it is.

    file  read only forward, and perhaps somewhat beyond the compressed data; not closed
    """
    head = b""
    while len(head) < 6:
        more = file.read(6 - len(head))
        if not more:
            break
        head += more
    plain = cast("BinaryIO", _Rejoined(head, file))
    if head[:3] == b"\x1f\x8b\x08":
        from isal import igzip

        return cast("BinaryIO", igzip.IGzipFile(fileobj=plain, mode="rb"))  # type: ignore[no-untyped-call]
    if head[:3] == b"BZh":
        import bz2

        return cast("BinaryIO", bz2.BZ2File(plain))
    if head[:6] == b"\xfd7zXZ\0":
        import lzma

        return cast("BinaryIO", lzma.LZMAFile(plain))
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        import zstandard

        return zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(plain, read_across_frames=True)
    return plain
