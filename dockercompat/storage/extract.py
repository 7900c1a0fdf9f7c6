"""Archives into directories: changesets into layers in overlay form, and plain archives over what is there (cp, ADD)."""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.errors import InvalidLayer, InvalidParameter
from dockercompat.kernel.syscall import RESOLVE_IN_ROOT, openat2, syncfs
from dockercompat.record import Record
from dockercompat.storage.layer import HIDDEN_XATTRS, OPAQUE_NAME, OWNER_XATTR, WHITEOUT_PREFIX, is_whiteout, make_whiteout, set_opaque
from dockercompat.storage.tar import Entry, Stream, entries
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIR_CACHE = 200


class Extracted(Record):
    """What came of one changeset: the digest of the uncompressed stream, and the size of the files and symbolic links in it."""

    diff_id: str
    size_bytes: int


class _Tree:
    """Creates names below one directory. Every name is created relative to a descriptor of its parent, which was opened with the
    directory as root of the resolution, so that neither `..`, nor absolute names, nor symbolic links lead out of it."""

    def __init__(self, root_dir: str | int, *, single_id: bool) -> None:
        self._dir = root_dir
        path = f"/proc/self/fd/{root_dir}" if isinstance(root_dir, int) else root_dir
        self.root_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.single_id = single_id
        self.keep_owners = True
        self.replace_kinds = True
        self.on_root: Callable[[], object] | None = None
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
            if is_whiteout(os.lstat(base, dir_fd=parent_fd)):  # hidden below, made anew here
                os.unlink(base, dir_fd=parent_fd)
                os.mkdir(base, 0o755, dir_fd=parent_fd)
                os.chmod(base, 0o755, dir_fd=parent_fd)
                set_opaque(base, parent_fd)

    def clear(self, path: bytes, base: bytes, dir_fd: int) -> bool:
        """Remove what stands in the way of a new entry; tells whether that was a whiteout."""
        status = os.lstat(base, dir_fd=dir_fd)
        if stat.S_ISDIR(status.st_mode):
            if not self.replace_kinds:
                raise InvalidParameter(f"cannot overwrite directory {_show(b'/' + path)} with non-directory {_show(self.top())}")
            remove_tree(base, dir_fd)
            prefix = path + b"/"
            for known in [p for p in self.dir_times if p == path or p.startswith(prefix)]:
                del self.dir_times[known]
            self.forget()
            return False
        os.unlink(base, dir_fd=dir_fd)
        if stat.S_ISLNK(status.st_mode):
            self.forget()
        return is_whiteout(status)

    def top(self) -> bytes:
        """The directory, for messages."""
        return os.fsencode(self._dir) if isinstance(self._dir, str) else b"/"

    def own(self, target: int | bytes, entry: Entry, dir_fd: int | None = None) -> None:
        """Give an open file (or a name) the entry's owner."""
        if not self.keep_owners:
            return
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


def _set_xattr(target: int | str, name: str, value: bytes) -> None:
    """Set an attribute; a file system or namespace that has no such attributes is no failure (as docker has it)."""
    try:
        os.setxattr(target, name, value, follow_symlinks=not isinstance(target, str))
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM):
            raise


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
    stream = Stream(changeset)
    try:
        os.fchmod(tree.root_fd, 0o755)
        size = 0
        for entry in entries(stream):
            size += entry.size or (len(entry.link) if entry.type == b"2" else 0)
            _extract(tree, stream, entry, whiteouts=True)
        diff_id = stream.finish()
        _set_dir_times(tree)
        return Extracted(diff_id, size)
    finally:
        stream.stop()
        tree.close()


def extract_archive(
    archive: BinaryIO,
    target_dir: str | int,
    *,
    owner: tuple[int, int] | None = None,
    keep_owners: bool = True,
    replace_kinds: bool = True,
    rename: Callable[[bytes], bytes] | None = None,
    single_id: bool = False,
    on_root: Callable[[], object] | None = None,
) -> int:
    """Extract a plain tar stream over a directory that may have content (cp, ADD), with the same confinement and no whiteouts.

    target_dir     a path, or a descriptor of the directory; the archive's own entry for it ("./") changes nothing, unless
    on_root        is to be told of it
    owner          uid and gid for every entry, instead of the recorded ones
    keep_owners    off: everything belongs to who extracts it
    replace_kinds  off: a directory never replaces a file, nor the other way round
    rename         gives the name to use for a name in the archive, and for the target of a hard link
    Returns        the size of the files in it
    Raises         InvalidParameter in docker's words for what replace_kinds forbids; else as extract_changeset
    """
    tree = _Tree(target_dir, single_id=single_id)
    tree.keep_owners = keep_owners
    tree.replace_kinds = replace_kinds
    tree.on_root = on_root
    stream = Stream(archive)
    try:
        size = 0
        for entry in entries(stream):
            if owner is not None:
                entry.uid, entry.gid = owner
            if rename is not None:
                entry.name = rename(entry.name)
                if entry.type == b"1":
                    entry.link = rename(entry.link)
            size += entry.size
            _extract(tree, stream, entry, whiteouts=False)
        stream.finish()
        _set_dir_times(tree)
        return size
    finally:
        stream.stop()
        tree.close()


def sync(directory: str) -> None:
    """Have what was written on a directory's file system survive a loss of power from here on."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        syncfs(fd)
    finally:
        os.close(fd)


def _set_dir_times(tree: _Tree) -> None:
    for path, mtime_ns in reversed(tree.dir_times.items()):
        if not path:
            os.utime(tree.root_fd, ns=(mtime_ns, mtime_ns))
            continue
        parent, _, base = path.rpartition(b"/")
        os.utime(base, ns=(mtime_ns, mtime_ns), dir_fd=tree.open_dir(parent, create=False), follow_symlinks=False)


def _extract(tree: _Tree, stream: Stream, entry: Entry, *, whiteouts: bool) -> None:
    parent, base = tree.split(entry.name)
    kind = entry.type
    if not base:
        if kind == b"5" and (whiteouts or tree.on_root is not None):
            _apply_dir(tree, entry, b"", tree.root_fd, b".")
            if tree.on_root is not None:
                tree.on_root()
        else:
            _skip(stream, entry)
        return
    if whiteouts and base.startswith(WHITEOUT_PREFIX):
        _skip(stream, entry)
        if base == OPAQUE_NAME:
            if parent:
                above, name = tree.split(parent)
                tree.open_dir(parent, create=True)
                set_opaque(name, tree.open_dir(above, create=True))
            else:
                set_opaque(b"", tree.root_fd)
        elif not base.startswith(b".wh..wh."):  # the rest of that prefix is aufs's own bookkeeping
            _whiteout(base[len(WHITEOUT_PREFIX) :], tree.open_dir(parent, create=True))
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
                if not tree.replace_kinds:
                    raise InvalidParameter(
                        f"cannot overwrite non-directory {_show(b'/' + path)} with directory {_show(tree.top())}"
                    ) from None
                opaque = tree.clear(path, base, dir_fd) and whiteouts
                dir_fd = tree.open_dir(parent, create=True)
                os.mkdir(base, 0o700, dir_fd=dir_fd)
        _apply_dir(tree, entry, path, dir_fd, base)
        if opaque:
            set_opaque(base, dir_fd)
    elif kind == b"2":
        dir_fd = _place(tree, parent, base, dir_fd, lambda fd: os.symlink(entry.link, base, dir_fd=fd))
        tree.own(base, entry, dir_fd)
        for key, value in entry.xattrs.items():
            if not key.startswith(HIDDEN_XATTRS):
                _set_xattr(f"/proc/self/fd/{dir_fd}/{os.fsdecode(base)}", key, value)
        os.utime(base, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=dir_fd, follow_symlinks=False)
    elif kind == b"1":
        _hard_link(tree, entry, parent, base, dir_fd)
    elif kind in (b"3", b"4", b"6"):
        _special(tree, entry, parent, base, dir_fd)
    else:
        raise InvalidLayer(f"unhandled tar header type {kind[0]}")


def _whiteout(base: bytes, dir_fd: int) -> None:
    if base in (b"", b".", b".."):
        raise InvalidLayer(f"invalid whiteout in archive: {_show(base)}")
    try:
        status = os.lstat(base, dir_fd=dir_fd)
    except FileNotFoundError:
        make_whiteout(base, dir_fd)
        return
    if stat.S_ISDIR(status.st_mode):  # it hides what is below, never what the same changeset brings
        set_opaque(base, dir_fd)


def _place(tree: _Tree, parent: bytes, base: bytes, dir_fd: int, make: Callable[[int], object]) -> int:
    """Make something at a name, removing what is there before; returns the parent's descriptor (it may have been opened anew)."""
    try:
        make(dir_fd)
    except FileExistsError:
        tree.clear(parent + b"/" + base if parent else base, base, dir_fd)
        dir_fd = tree.open_dir(parent, create=True)
        make(dir_fd)
    return dir_fd


def _skip(stream: Stream, entry: Entry) -> None:
    stream.skip(entry.stored)
    stream.pad(entry.stored)


def _regular(tree: _Tree, stream: Stream, entry: Entry, parent: bytes, base: bytes, dir_fd: int) -> None:
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
            stream.skip(stored)
        else:
            for piece in stream.pieces(stored):
                _write(fd, piece)
        if entry.stored:
            stream.pad(entry.stored)
        tree.own(fd, entry)
        os.fchmod(fd, entry.mode)
        for name, value in entry.xattrs.items():
            if not name.startswith(HIDDEN_XATTRS):
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
                if not name.startswith(HIDDEN_XATTRS):
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
