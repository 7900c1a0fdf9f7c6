"""Changesets (tar streams) to layer directories in overlay form and back, and merging of layers into plain trees.

Overlay form: a removed name is a character device 0:0, an opaque directory has the attribute user.overlay.opaque "y".
Where the kernel refuses such devices (before 5.8) the `.wh.` files stay as they are; fuse-overlayfs and vfs understand both.
"""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.errors import InvalidLayer, InvalidParameter
from dockercompat.kernel.syscall import RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, openat2, syncfs
from dockercompat.record import Record
from dockercompat.storage.tar import BLOCK, Entry, Stream, TarWriter, entries, open_compressed
from dockercompat.storage.tree import empty_dir, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from dockercompat.storage.tar import Writer

__all__ = ["Extracted", "extract_archive", "extract_changeset", "layer_digest", "merge_layer", "open_compressed", "pack", "remove_tree"]

WHITEOUT_PREFIX = b".wh."
OPAQUE_NAME = b".wh..wh..opq"
OPAQUE_XATTR = "user.overlay.opaque"
OWNER_XATTR = "user.pydocker.owner"  # "UID:GID" where a single-id user namespace can't hold the real owner
_OPAQUE_XATTRS = (OPAQUE_XATTR, "user.fuseoverlayfs.opaque", "trusted.overlay.opaque")
_HIDDEN_XATTRS = ("user.overlay.", "user.fuseoverlayfs.", "user.containers.", "user.pydocker.", "trusted.")
_KEPT_XATTRS = ("user.", "security.capability")
_CHUNK = 1 << 20
_DIR_CACHE = 200


class Extracted(Record):
    """What came of one changeset: the digest of the uncompressed stream, and the size of the files in it."""

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
                _set_opaque(base, parent_fd)

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


def is_whiteout(status: os.stat_result) -> bool:
    """Whether this is the device that hides a name of the layers below."""
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


def is_bookkeeping(name: str) -> bool:
    """Whether a name in a layer says something about its directory (aufs's and fuse-overlayfs's marks), and is no file of its own."""
    return name.startswith(".wh..wh.") or name == ".wh..opq"


def make_whiteout(base: bytes, dir_fd: int) -> None:
    """Hide a name of the layers below: a 0:0 character device, or a `.wh.` file where the kernel refuses that."""
    try:
        os.mknod(base, stat.S_IFCHR, 0, dir_fd=dir_fd)
    except PermissionError:
        os.close(os.open(WHITEOUT_PREFIX + base, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600, dir_fd=dir_fd))


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
            size += entry.size
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
) -> int:
    """Extract a plain tar stream over a directory that may have content (cp, ADD), with the same confinement and no whiteouts.

    target_dir     a path, or a descriptor of the directory; the archive's own entry for it ("./") changes nothing
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
        if kind == b"5" and whiteouts:
            _apply_dir(tree, entry, b"", tree.root_fd, b".")
        else:
            stream.skip(entry.stored + -entry.stored % BLOCK)
        return
    if whiteouts and base.startswith(WHITEOUT_PREFIX):
        stream.skip(entry.stored + -entry.stored % BLOCK)
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
                if not tree.replace_kinds:
                    raise InvalidParameter(
                        f"cannot overwrite non-directory {_show(b'/' + path)} with directory {_show(tree.top())}"
                    ) from None
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
            stream.skip(stored + -entry.stored % BLOCK)
        elif stored:
            for piece in stream.pieces(stored):
                _write(fd, piece)
            if stored % BLOCK:
                stream.skip(-stored % BLOCK)
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


# -- from a tree to a changeset ---------------------------------------------------------------------------------------


class _Sink:
    def write(self, data: bytes, /) -> None:
        return None


def pack(layer_dir: str, out: Writer) -> str:
    """Write a layer directory in overlay form as a changeset, and return its DiffID.

    The same tree gives the same bytes: names in order, whole seconds, no access times; extracting and packing again changes nothing.
    Sockets are left out. Reads forms of whiteouts and opaque directories that fuse-overlayfs leaves, too.
    """
    root_fd = os.open(layer_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        packer = Packer(TarWriter(out), root_fd, whiteouts=True)
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
    """

    def __init__(
        self,
        writer: TarWriter,
        root_fd: int,
        *,
        whiteouts: bool,
        skipped: Callable[[bytes], bool] | None = None,
        owners: Callable[[int, int], tuple[int, int]] | None = None,
    ) -> None:
        self.writer = writer
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
        xattrs, owner, opaque = _read_xattrs(fd)
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
        )

    def _directory(self, status: os.stat_result, fd: int, name: bytes, marked: bool) -> None:
        xattrs, owner, opaque = _read_xattrs(fd)
        uid, gid = self._owner(status, owner)
        self.writer.header(
            name + b"/",
            b"5",
            mode=stat.S_IMODE(status.st_mode),
            uid=uid,
            gid=gid,
            mtime_s=status.st_mtime_ns // 1_000_000_000,
            xattrs=xattrs,
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
            xattrs, owner, _ = _read_xattrs(fd)
            uid, gid = self._owner(status, owner)
            size = status.st_size
            writer = self.writer
            writer.header(
                name,
                b"0",
                mode=stat.S_IMODE(status.st_mode),
                uid=uid,
                gid=gid,
                size=size,
                mtime_s=status.st_mtime_ns // 1_000_000_000,
                xattrs=xattrs,
            )
            self.size_bytes += size
            left = size
            while left:
                data = os.read(fd, left if left < _CHUNK else _CHUNK)
                if not data:  # it shrank since
                    while left:
                        data = bytes(min(left, _CHUNK))
                        left -= len(data)
                        writer.write(data)
                    break
                left -= len(data)
                writer.write(data)
            writer.pad(size)
        finally:
            os.close(fd)


def _read_xattrs(fd: int) -> tuple[dict[str, bytes] | None, tuple[int, int] | None, bool]:
    """Attributes that belong into an archive, the owner that a single-id namespace could not give, and whether it is opaque."""
    try:
        names = os.listxattr(fd)
    except OSError:
        return None, None, False
    if not names:
        return None, None, False
    kept: dict[str, bytes] = {}
    owner: tuple[int, int] | None = None
    opaque = False
    for name in names:
        if name == OWNER_XATTR:
            uid, _, gid = os.getxattr(fd, name).partition(b":")
            owner = int(uid), int(gid)
        elif name in _OPAQUE_XATTRS:
            opaque = os.getxattr(fd, name) == b"y"
        elif name.startswith(_KEPT_XATTRS) and not name.startswith(_HIDDEN_XATTRS):
            kept[name] = os.getxattr(fd, name)
    return kept or None, owner, opaque


def is_opaque(directory: str) -> bool:
    """Whether a directory of a layer hides the content of those below it."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return _read_xattrs(fd)[2] or os.path.lexists(f"{directory}/.wh..wh..opq")
    finally:
        os.close(fd)


def to_overlay_form(layer_dir: str) -> None:
    """Turn the marks that fuse-overlayfs leaves in an upper directory into overlay form, in place."""
    fd = os.open(layer_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _to_overlay_form(fd)
    finally:
        os.close(fd)


def _to_overlay_form(dir_fd: int) -> None:
    status = os.fstat(dir_fd)
    names = os.listdir(dir_fd)
    changed = False
    for name in names:
        if is_bookkeeping(name):
            if os.fsencode(name) == OPAQUE_NAME:
                os.setxattr(dir_fd, OPAQUE_XATTR, b"y")
            os.unlink(name, dir_fd=dir_fd)
            changed = True
        elif stat.S_ISDIR(os.lstat(name, dir_fd=dir_fd).st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
            try:
                _to_overlay_form(fd)
            finally:
                os.close(fd)
    for xattr in os.listxattr(dir_fd):
        if xattr.startswith("user.fuseoverlayfs."):
            if xattr in _OPAQUE_XATTRS and os.getxattr(dir_fd, xattr) == b"y":
                os.setxattr(dir_fd, OPAQUE_XATTR, b"y")
            os.removexattr(dir_fd, xattr)
    if changed:
        os.utime(dir_fd, ns=(status.st_atime_ns, status.st_mtime_ns))


# -- layers into plain trees ------------------------------------------------------------------------------------------


def copy_tree(source_dir: str, target_dir: str) -> None:
    """Copy a whole tree as it is (owners, modes, times, attributes, hard links), sharing data blocks where the file system can."""
    merge_layer(source_dir, target_dir, whiteouts=False)


def merge_layer(layer_dir: str, target_dir: str, *, whiteouts: bool = True) -> None:
    """Apply a layer in overlay form to a plain directory: what vfs and exports of a build do.

    Neither tree changes under another hand meanwhile. The result has no whiteouts.
    """
    links: dict[tuple[int, int], str] = {}
    _merge_dir(layer_dir, target_dir, whiteouts, links)


def _merge_dir(source: str, target: str, whiteouts: bool, links: dict[tuple[int, int], str]) -> None:
    source_fd = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _, _, opaque = _read_xattrs(source_fd) if whiteouts else (None, None, False)
        with os.scandir(source_fd) as found:
            items = sorted(found, key=lambda item: item.name)
        if whiteouts and (opaque or any(item.name == ".wh..wh..opq" for item in items)):
            target_fd = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                empty_dir(target_fd)
            finally:
                os.close(target_fd)
        if whiteouts:  # first, for a name may be removed and come back
            for item in items:
                if item.name.startswith(".wh.") and not is_bookkeeping(item.name):
                    remove(f"{target}/{item.name[4:]}")
        for item in items:
            if whiteouts and item.name.startswith(".wh."):
                continue
            status = item.stat(follow_symlinks=False)
            path = f"{target}/{item.name}"
            if whiteouts and is_whiteout(status):
                remove(path)
            elif stat.S_ISDIR(status.st_mode):
                try:
                    os.mkdir(path, 0o700)
                except FileExistsError:
                    if not stat.S_ISDIR(os.lstat(path).st_mode):
                        os.unlink(path)
                        os.mkdir(path, 0o700)
                _merge_dir(f"{source}/{item.name}", path, whiteouts, links)
            else:
                merge_file(f"{source}/{item.name}", path, status, links)
    finally:
        os.close(source_fd)
    copy_metadata(source, target, os.lstat(source))


def merge_file(source: str, target: str, status: os.stat_result, links: dict[tuple[int, int], str]) -> None:
    """Copy anything but a directory over whatever is at target. links: first copies of files with several names, kept by the caller."""
    remove(target)
    if status.st_nlink > 1:
        first = links.setdefault((status.st_dev, status.st_ino), target)
        if first != target:
            os.link(first, target, follow_symlinks=False)
            return
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFREG:
        copy_file(source, target)
    elif kind == stat.S_IFLNK:
        os.symlink(os.readlink(source), target)
    elif kind == stat.S_IFSOCK:
        return
    else:
        try:
            os.mknod(target, status.st_mode, status.st_rdev)
        except PermissionError:
            return
    copy_metadata(source, target, status)


def remove(path: str) -> None:
    """Remove whatever is at a path, or nothing."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        remove_tree(path)


_FICLONE = 0x40049409


def copy_file(source: str, target: str) -> None:
    """Copy a regular file's data to a new file: by reference where the file system can, with its holes where it can't."""
    import fcntl

    from_fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        to_fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(from_fd).st_size
            if not size:
                return
            try:
                fcntl.ioctl(to_fd, _FICLONE, from_fd)
                return
            except OSError:
                pass
            os.ftruncate(to_fd, size)
            at = 0
            while at < size:
                try:
                    at = os.lseek(from_fd, at, os.SEEK_DATA)
                except OSError as error:
                    if error.errno == errno.ENXIO:  # nothing but a hole to the end
                        return
                    raise
                end = os.lseek(from_fd, at, os.SEEK_HOLE)
                os.lseek(to_fd, at, os.SEEK_SET)
                while at < end:
                    count = os.sendfile(to_fd, from_fd, at, min(end - at, 1 << 30))
                    if not count:
                        return
                    at += count
        finally:
            os.close(to_fd)
    finally:
        os.close(from_fd)


def copy_metadata(source: str, target: str, status: os.stat_result) -> None:
    """Owner, mode, attributes and times of one file to another, links not followed."""
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()) or stat.S_ISDIR(status.st_mode):
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(target, stat.S_IMODE(status.st_mode))
    try:
        names = os.listxattr(source, follow_symlinks=False)
    except OSError:
        names = []
    for name in names:
        if name == OWNER_XATTR or (name.startswith(_KEPT_XATTRS) and not name.startswith(_HIDDEN_XATTRS)):
            try:
                os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EPERM):
                    raise
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
