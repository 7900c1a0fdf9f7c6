"""COPY, ADD and WORKDIR done: files of trees put into a root file system, by docker's rules.

Nobody else changes the target meanwhile. Links in the destination are followed inside the target's root only.
"""

from __future__ import annotations

import errno
import os
import re
import stat

from dockercompat.build.archives import is_archive, is_tar_block
from dockercompat.build.planning.graph import CopyOp, SourceOp
from dockercompat.build.solving.ignore import Matcher
from dockercompat.build.solving.tree import GONE, Tree, is_readable, resolve, xattrs_of
from dockercompat.errors import BuildFailed, InvalidLayer
from dockercompat.kernel import idmap
from dockercompat.runtime import users
from dockercompat.storage.extract import extract_archive
from dockercompat.storage.layer import OWNER_XATTR
from dockercompat.storage.tar import open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHUNK = 1 << 20


def owner_of(text: str, read: Callable[[str], str]) -> tuple[int, int] | None:
    """uid and gid of `--chown`, by the image's passwd and group; None for "". Unknown names are 0, as in docker."""
    if not text:
        return None
    name, colon, group = text.partition(":")
    uid = gid = 0
    try:
        identity = users.identify(name, read)
        uid, gid = identity.uid, identity.gid
        if name.isdigit():
            uid, gid = int(name), int(name)
    except users.NoSuchUser:
        pass
    if colon and group:
        try:
            gid = users.identify(f"0:{group}", read).gid
        except users.NoSuchUser:
            gid = 0
    return uid, gid


class Copier:
    """Copies into one root.

    root   directory that is the target's `/`
    read   text of a file of the image that names are looked up in
    mtime_ns  time of everything that is copied, where it is not to keep its own

    `changed` names something of the caller's that is no longer what its content was found to be, "" when all is.
    """

    def __init__(self, root: str, op: CopyOp, read: Callable[[str], str], *, mtime_ns: int | None = None) -> None:
        self.root = root
        self.mtime_ns = mtime_ns
        self.op = op
        self.owner = owner_of(op.chown, read)
        self.single_id = idmap.current_is_single()
        self.excludes = Matcher(op.excludes)
        self.links: dict[tuple[int, int], str] = {}
        self.dir_times: list[tuple[str, int, int]] = []
        self.changed = ""

    def copy(self, sources: Sequence[tuple[SourceOp, Tree | None]]) -> None:
        """Do every source in turn. Raises BuildFailed."""
        for source, tree in sources:
            if tree is None:
                self._content(source)
                continue
            if self.op.parents:
                self.links = {}
                self._with_parents(source, tree)
                continue
            for path in tree.find(source.path, wildcards=source.wildcards):
                self.links = {}  # hard links stay such within what is copied at once
                if self.excludes and path and re.search(r"[*?\[]", source.path) and self.excludes.ignores(os.path.basename(path)):
                    info = os.lstat(tree.full(path))
                    if not stat.S_ISDIR(info.st_mode):
                        continue
                self._one(source, tree, path)
        for path, atime_ns, mtime_ns in reversed(self.dir_times):
            os.utime(path, ns=(atime_ns, self._time(mtime_ns)))

    def _time(self, own_ns: int) -> int:
        return own_ns if self.mtime_ns is None else self.mtime_ns

    # -- where it goes ------------------------------------------------------------------------------------------------

    def _one(self, source: SourceOp, tree: Tree, path: str) -> None:
        info = os.lstat(tree.full(path))
        self._compare(tree, path, info)
        if stat.S_ISDIR(info.st_mode):
            self._directory(tree, path, self._make_dirs(self.op.destination))
        elif not (source.unpack and self._unpack(tree.full(path), info)):
            name = os.path.basename(source.path) if not source.wildcards else os.path.basename(path)
            if source.wildcards and not re.search(r"[*?\[]", source.path):
                name = os.path.basename(source.path.rstrip("/")) or name  # a link is copied under its own name
            self._file(tree, path, info, self._target(name))

    def _target(self, name: str) -> str:
        """Full path for a file: DEST/name when DEST is, or by its slash says that it is, a directory."""
        destination = self.op.destination
        if destination.endswith("/"):
            return f"{self._make_dirs(destination)}/{name}"
        full = self._full(resolve(self.root, destination))
        if os.path.isdir(full) and not os.path.islink(full):
            return f"{full}/{name}"
        try:
            self._make_dirs(os.path.dirname(destination))
        except BuildFailed:
            raise BuildFailed(f"mkdir {os.path.dirname(destination)}: not a directory") from None
        return self._full(resolve(self.root, destination))

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def _make_dirs(self, path: str) -> str:
        """The full path of a directory of the target, made with its missing parents."""
        mode = int(self.op.chmod, 8) & 0o755 if re.fullmatch("[0-7]+", self.op.chmod) else 0o755  # less the umask of BuildKit
        return make_dirs(self.root, path, self.owner or (0, 0), single_id=self.single_id, mode=mode)

    def _with_parents(self, source: SourceOp, tree: Tree) -> None:
        head, pivot, tail = source.path.partition("/./")
        base = resolve(tree.root, head) if pivot else ""
        pattern = tail if pivot else source.path
        whole = f"{base}/{pattern.strip('/')}".strip("/")
        if not whole:
            self._directory(tree, base, self._make_dirs(self.op.destination))
            return
        for path in tree.find(whole, wildcards=source.wildcards, deep=True):
            below = path.removeprefix(base).strip("/")
            parent = os.path.dirname(below)
            destination = self._make_dirs(self.op.destination.rstrip("/") or "/")
            step = ""
            for part in parent.split("/") if parent else []:
                step = f"{step}/{part}".strip("/")
                self._enter_dir(tree, f"{base}/{step}".strip("/"), f"{destination}/{step}")
            info = os.lstat(tree.full(path))
            target = f"{destination}/{below}"
            if stat.S_ISDIR(info.st_mode):
                self._enter_dir(tree, path, target)
                self._directory(tree, path, target)
            else:
                self._file(tree, path, info, target)

    # -- what is put there --------------------------------------------------------------------------------------------

    def _directory(self, tree: Tree, path: str, target: str) -> None:
        """Copy what is in a directory into an existing one."""
        for below, info in tree.walk(path, self.excludes):
            inner = f"{path}/{below}" if path else below
            if stat.S_ISDIR(info.st_mode):
                self._enter_dir(tree, inner, f"{target}/{below}")
            else:
                self._file(tree, inner, info, f"{target}/{below}")

    def _compare(self, tree: Tree, path: str, info: os.stat_result) -> None:
        if tree.hashes is not None and not self.changed and tree.hashes.differs(tree.full(path), info):
            self.changed = path or "/"

    def _enter_dir(self, tree: Tree, path: str, target: str) -> None:
        source = tree.full(path)
        try:
            info = os.lstat(source)
        except FileNotFoundError:
            self.changed = self.changed or path
            return
        self._compare(tree, path, info)
        try:
            os.mkdir(target, 0o700)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(target).st_mode):
                raise BuildFailed(f"cannot copy to non-directory: {self._shown(target)}") from None
            if self.mtime_ns is not None:
                self.dir_times.append((target, info.st_atime_ns, info.st_mtime_ns))
            return
        self._own(target, info, tree)
        os.chmod(target, self._mode(stat.S_IMODE(info.st_mode), directory=True))
        self._xattrs(tree, source, target)
        self.dir_times.append((target, info.st_atime_ns, info.st_mtime_ns))

    def _file(self, tree: Tree, path: str, info: os.stat_result, target: str) -> None:
        source = tree.full(path)
        kind = stat.S_IFMT(info.st_mode)
        if kind == stat.S_IFSOCK:  # BuildKit sends an empty file
            if tree.owned:
                return
            self._clear(target)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        elif info.st_nlink > 1 and kind == stat.S_IFREG:
            first = self.links.setdefault((info.st_dev, info.st_ino), target)
            if first != target:
                self._clear(target)
                os.link(first, target)
                return
        if kind == stat.S_IFREG:
            try:
                self._compare(tree, path, self._data(tree, source, target))
            except FileExistsError:
                self._clear(target)
                self._compare(tree, path, self._data(tree, source, target))
            except OSError as error:
                if error.filename != source or error.errno not in GONE:
                    raise
                self.changed = self.changed or path
                return
        elif kind == stat.S_IFLNK:
            self._clear(target)
            try:
                os.symlink(os.readlink(source), target)
            except OSError as error:
                if error.filename != source or error.errno not in (*GONE, errno.EINVAL):
                    raise
                self.changed = self.changed or path
                return
        elif kind != stat.S_IFSOCK:
            self._clear(target)
            os.mknod(target, kind | 0o600, info.st_rdev if kind != stat.S_IFIFO else 0)
        self._own(target, info, tree)
        if kind != stat.S_IFLNK:
            os.chmod(target, self._mode(stat.S_IMODE(info.st_mode), directory=False))
        self._xattrs(tree, source, target)
        os.utime(target, ns=(info.st_atime_ns, self._time(info.st_mtime_ns)), follow_symlinks=False)

    def _data(self, tree: Tree, source: str, target: str) -> os.stat_result:
        """Copy a file's content; what the file was at the end of it."""
        if tree.hashes is not None and not is_readable(source, info := os.lstat(source)):
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            return info
        in_fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(in_fd).st_mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), source)
            out_fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                while data := os.read(in_fd, _CHUNK):
                    view = memoryview(data)
                    while view:
                        view = view[os.write(out_fd, view) :]
                    if len(data) < _CHUNK:
                        break
            finally:
                os.close(out_fd)
            return os.fstat(in_fd)
        finally:
            os.close(in_fd)

    def _content(self, source: SourceOp) -> None:
        target = self._target(source.path)
        self._clear(target)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(source.content)
        self._chown(target, *(self.owner or (0, 0)))
        os.chmod(target, self._mode(0o644, directory=False))

    def _unpack(self, path: str, info: os.stat_result) -> bool:
        """Unpack a local archive into the destination; False when the file is none."""
        if not stat.S_ISREG(info.st_mode):
            return False
        with open(path, "rb") as file:
            head = file.read(512)
            if not is_archive(head):
                return False
        try:
            with open(path, "rb") as file:
                if not is_tar_block(open_compressed(file).read(512)):
                    return False
        except (InvalidLayer, OSError, EOFError, ValueError):
            return False
        target = make_dirs(self.root, self.op.destination, self.owner or (0, 0), single_id=self.single_id)
        with open(path, "rb") as file:
            extract_archive(open_compressed(file), target, owner=self.owner, single_id=self.single_id)
        return True

    # -- details ------------------------------------------------------------------------------------------------------

    def _clear(self, target: str) -> None:
        try:
            os.unlink(target)
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            raise BuildFailed(f"cannot replace to directory {self._shown(target)} with file") from None
        except PermissionError:
            if os.path.isdir(target) and not os.path.islink(target):
                raise BuildFailed(f"cannot replace to directory {self._shown(target)} with file") from None
            raise

    def _shown(self, target: str) -> str:
        return target.removeprefix(self.root) or "/"

    def _own(self, target: str, info: os.stat_result, tree: Tree) -> None:
        if self.owner is not None:
            uid, gid = self.owner
        elif tree.owned:
            uid, gid = info.st_uid, info.st_gid
        else:
            uid = gid = 0
        self._chown(target, uid, gid)

    def _chown(self, target: str, uid: int, gid: int) -> None:
        own(target, uid, gid, single_id=self.single_id)

    def _mode(self, mode: int, *, directory: bool) -> int:
        return changed_mode(mode, self.op.chmod, directory=directory) if self.op.chmod else mode

    def _xattrs(self, tree: Tree, source: str, target: str) -> None:
        if not tree.owned:
            return
        for name, value in xattrs_of(source):
            try:
                os.setxattr(target, name, value, follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EACCES):
                    raise


def own(target: str, uid: int, gid: int, *, single_id: bool) -> None:
    """Give a file an owner; where only one id is mapped the owner is kept in an attribute."""
    if single_id:
        if (uid or gid) and not os.path.islink(target):
            os.setxattr(target, OWNER_XATTR, f"{uid}:{gid}".encode())
        return
    os.chown(target, uid, gid, follow_symlinks=False)


def make_dirs(root: str, path: str, owner: tuple[int, int], *, single_id: bool, mtime_ns: int | None = None, mode: int = 0o755) -> str:
    """Make a directory and its missing parents, links followed inside root; its full path.

    Raises  BuildFailed when something on the way is no directory
    """
    resolved = resolve(root, path)
    full = root
    for part in resolved.split("/") if resolved else []:
        full = f"{full}/{part}"
        try:
            os.mkdir(full, 0o755)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(full).st_mode):
                raise BuildFailed(f"cannot copy to non-directory: {full.removeprefix(root)}") from None
            continue
        os.chmod(full, mode)
        own(full, *owner, single_id=single_id)
        if mtime_ns is not None:
            os.utime(full, ns=(mtime_ns, mtime_ns))
    return full


def changed_mode(mode: int, text: str, *, directory: bool) -> int:
    """A mode after `--chmod`: octal, or symbolic as chmod(1) has it."""
    if re.fullmatch("[0-7]+", text):
        return int(text, 8)
    for clause in text.split(","):
        match = re.match("[ugoa]*", clause)
        who = match[0] if match else ""
        everyone = "ugo" if not who or "a" in who else who
        for operator, letters in re.findall(r"([-+=])([ugo]|[rwxXst]*)", clause[len(who) :]):
            bits = 0
            copied = (mode >> {"u": 6, "g": 3, "o": 0}[letters]) & 7 if letters in ("u", "g", "o") else 0
            for target, shift in (("u", 6), ("g", 3), ("o", 0)):
                if target in everyone:
                    bits |= copied << shift
                    for letter, bit in (("r", 4), ("w", 2), ("x", 1)):
                        bits |= bit << shift if letter in letters else 0
                    if "X" in letters and (directory or mode & 0o111):
                        bits |= 1 << shift
            if "s" in letters:
                bits |= (0o4000 if "u" in everyone else 0) | (0o2000 if "g" in everyone else 0)
            if "t" in letters:
                bits |= 0o1000
            if operator == "+":
                mode |= bits
            elif operator == "-":
                mode &= ~bits
            else:
                mask = sum({"u": 0o700, "g": 0o70, "o": 0o7}[each] for each in set(everyone))
                mode = (mode & ~mask) | bits
    return mode
