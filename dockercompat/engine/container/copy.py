"""The three calls behind `cp`: what is at a path, its archive, and an archive to extract, as the Engine API has them; and removal."""

from __future__ import annotations

import errno
import os
import posixpath
import stat

from dockercompat.engine.container import access, happened, state
from dockercompat.engine.container.child import Child
from dockercompat.errors import InvalidParameter, NotFound
from dockercompat.kernel import idmap, syscall
from dockercompat.runtime import users as passwd
from dockercompat.spec import clock
from dockercompat.storage.extract import extract_archive
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter, open_compressed
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_KINDS = {  # Go's FileMode
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
    stat.S_IFREG: 0,
}
MODE_DIR = 1 << 31


class FileNotFoundInContainer(NotFound):
    """Nothing is at a path of a container."""

    def __init__(self, path: str, ref: str) -> None:
        super().__init__(f"Could not find the file {path} in container {ref}")


class Archive:
    """A tar stream of a container's file or directory, and what it is of (docker's ContainerPathStat)."""

    def __init__(self, child: Child, read_fd: int, path_stat: dict[str, Any]) -> None:
        self.stat = path_stat
        self._child = child
        self._file = os.fdopen(read_fd, "rb", buffering=0)
        self._done = False

    def read(self, size: int = -1) -> bytes:
        """Up to size bytes, b"" at the end. Raises what kept the rest from being read."""
        data = self._file.read(size)
        if not data and not self._done:
            self._done = True
            try:
                self._child.answer()
            except OSError as error:
                raise access.unreadable(error) from None
        return data or b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        self._child.wait()


def stat_path(engine: Engine, ref: str, path: str) -> dict[str, Any]:
    """What is at a path (name, size, mode as Go has it, mtime, linkTarget), as HEAD /containers/ID/archive gives it.

    The process has joined the holder. Raises NotFound
    """
    _check_path(path)
    container = state.current(engine, ref)
    child = Child(lambda _send: _stat(access.enter(engine, container), path))
    try:
        return _guarded(child, path, ref)
    finally:
        happened.looked_into(engine, container)


def get_archive(engine: Engine, ref: str, path: str) -> Archive:
    """The archive of what is at a path; its entries begin with the path's last component. The caller closes it.

    The process has joined the holder. Raises NotFound
    """
    _check_path(path)
    container = state.current(engine, ref)
    read_fd, write_fd = os.pipe()

    def work(send: Callable[[Any], None]) -> None:
        root_fd = access.enter(engine, container)
        path_stat = _stat(root_fd, path)
        send(path_stat)
        with os.fdopen(write_fd, "wb", buffering=0) as out:
            writer = TarWriter(out)
            _pack(root_fd, path, writer)
            writer.finish()

    child = Child(work, closed=(read_fd,))
    os.close(write_fd)
    try:
        path_stat = _guarded(child, path, ref, last=False)
    except BaseException:
        os.close(read_fd)
        raise
    happened.looked_into(engine, container, "archive-path")
    return Archive(child, read_fd, path_stat)


def put_archive(engine: Engine, ref: str, path: str, archive: BinaryIO, *, keep_kinds: bool = False, copy_owner: bool = False) -> None:
    """Extract an archive, compressed or not, into an existing directory of a container.

    keep_kinds  a directory never replaces a file, nor the other way round
    copy_owner  everything belongs to the user that the container runs as, when its config names one
    The process has joined the holder. Raises NotFound, InvalidParameter, InvalidLayer
    """
    _check_path(path)
    container = state.current(engine, ref)
    read_fd, write_fd = os.pipe()

    def work(_send: Callable[[Any], None]) -> None:
        root_fd = access.enter(engine, container)
        try:
            target_fd = syscall.openat2(root_fd, _absolute(path), os.O_PATH)
        except OSError as error:
            raise _as_not_found(error, path, ref) from None
        if not stat.S_ISDIR(os.fstat(target_fd).st_mode):
            raise InvalidParameter("extraction point is not a directory")
        _check_writable(container, access.real_path(target_fd, root_fd))
        owner = _user_of(container, root_fd) if copy_owner else None
        with os.fdopen(read_fd, "rb") as source:
            extract_archive(
                open_compressed(source), target_fd, owner=owner, replace_kinds=not keep_kinds, single_id=idmap.current_is_single()
            )

    child = Child(work, closed=(write_fd,))
    os.close(read_fd)
    try:
        _feed(archive, write_fd)
    finally:
        os.close(write_fd)
    _answered(child)
    happened.looked_into(engine, container, "extract-to-dir")


def remove_paths(engine: Engine, ref: str, paths: Iterable[str]) -> None:
    """Remove files and trees of a container, running or not; what is not there counts as removed. Links are not followed, but to a parent.

    The process has joined the holder. Raises InvalidParameter for what is read-only, DockerError for what can't be removed
    """
    container = state.current(engine, ref)

    def work(_send: Callable[[Any], None]) -> None:
        root_fd = access.enter(engine, container)
        for path in paths:
            parent, base = posixpath.split(_absolute(path).rstrip("/"))
            if not base:
                raise InvalidParameter("the root directory can't be removed")
            try:
                parent_fd = syscall.openat2(root_fd, parent, os.O_RDONLY | os.O_DIRECTORY)
            except (FileNotFoundError, NotADirectoryError):
                continue
            try:
                _check_writable(container, posixpath.join(access.real_path(parent_fd, root_fd), base))
                try:
                    os.unlink(base, dir_fd=parent_fd)
                except IsADirectoryError:
                    remove_tree(base, parent_fd)
            except FileNotFoundError:
                continue
            finally:
                os.close(parent_fd)

    child = Child(work)
    _answered(child)
    happened.looked_into(engine, container)


def _answered(child: Child) -> None:
    """Wait for the work to be done. Raises what it raised."""
    try:
        child.answer()
    except OSError as error:
        raise access.unreadable(error) from None
    finally:
        child.wait()


def _check_path(path: str) -> None:
    if not path:  # before the container is looked for, in docker's spelling
        raise InvalidParameter("bad parameter: pathcannot be empty")


def _feed(archive: BinaryIO, write_fd: int) -> None:
    """Pass a stream on; ends early when the child has given up, whose reason is told then."""
    try:
        while data := archive.read(1 << 16):
            view = memoryview(data)
            while view:
                view = view[os.write(write_fd, view) :]
    except BrokenPipeError:
        return


def _guarded(child: Child, path: str, ref: str, *, last: bool = True) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = child.answer()
    except OSError as error:
        raise _as_not_found(error, path, ref) from None
    if last:
        child.wait()
    return answer


def _as_not_found(error: OSError, path: str, ref: str) -> Exception:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return FileNotFoundInContainer(path, ref)
    if error.errno == errno.ELOOP:
        return InvalidParameter(f"evaluating {path}: too many links")
    return access.unreadable(error)


def _absolute(path: str) -> str:
    """A path from the root, cleaned, with a trailing separator or /. kept."""
    clean = posixpath.normpath("/" + path).replace("//", "/", 1)
    if clean == "/":
        return "/"
    if path.endswith("/"):
        return clean + "/"
    if posixpath.basename(path) == ".":
        return clean + "/."
    return clean


def _open(root_fd: int, path: str) -> tuple[int, str]:
    """A descriptor of what is at an absolute path, its last component not followed unless / or /. stands behind it; and its real path."""
    parent, base = posixpath.split(path)
    if base in ("", "."):
        fd = syscall.openat2(root_fd, parent or "/", os.O_PATH)
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return fd, access.real_path(fd, root_fd)
    parent_fd = syscall.openat2(root_fd, parent, os.O_PATH | os.O_DIRECTORY)
    try:
        fd = syscall.openat2(parent_fd, base, os.O_PATH | os.O_NOFOLLOW, resolve=syscall.RESOLVE_BENEATH)
        return fd, posixpath.join(access.real_path(parent_fd, root_fd), base)
    finally:
        os.close(parent_fd)


def _stat(root_fd: int, path: str) -> dict[str, Any]:
    absolute = _absolute(path)
    fd, _ = _open(root_fd, absolute)
    status = os.fstat(fd)
    target = ""
    if stat.S_ISLNK(status.st_mode):
        try:
            target_fd = syscall.openat2(root_fd, absolute, os.O_PATH)
            target = access.real_path(target_fd, root_fd)
        except OSError:
            target = _dangling(root_fd, absolute)
    mode = status.st_mode & 0o777 | _KINDS[stat.S_IFMT(status.st_mode)]
    mode |= (status.st_mode & stat.S_ISUID and 1 << 23) | (status.st_mode & stat.S_ISGID and 1 << 22)
    mode |= status.st_mode & stat.S_ISVTX and 1 << 20
    name = posixpath.basename(absolute.rstrip("/")) or "/"
    return {"name": name, "size": status.st_size, "mode": mode, "mtime": clock.format_ns(status.st_mtime_ns), "linkTarget": target}


def _dangling(root_fd: int, path: str) -> str:
    """Where a link leads that leads to nothing: as far as links can be followed."""
    for _ in range(40):
        parent, base = posixpath.split(path)
        try:
            parent_fd = syscall.openat2(root_fd, parent, os.O_PATH | os.O_DIRECTORY)
        except OSError:
            return path
        real = posixpath.join(access.real_path(parent_fd, root_fd), base)
        try:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(real), os.readlink(base, dir_fd=parent_fd)))
        except OSError:
            return real
        finally:
            os.close(parent_fd)
    return path


def _pack(root_fd: int, path: str, writer: TarWriter) -> None:
    absolute = _absolute(path)
    _, real = _open(root_fd, absolute)
    name = posixpath.basename(absolute) or posixpath.basename(absolute.rstrip("/"))  # "" for the root: entries begin with "/"
    # Of all files of a running container, those of the kernel's own file systems are no one's to copy.
    skipped = (lambda each: each.startswith((b"proc/", b"sys/", b"dev/"))) if real == "/" else None
    Packer(writer, root_fd, whiteouts=False, skipped=skipped).add(os.fsencode(real.strip("/")), os.fsencode(name))


def _check_writable(container: Container, path: str) -> None:
    """Raise docker's refusal for a read-only volume or root file system."""
    best: dict[str, Any] | None = None
    for mount in container.mounts:
        destination = mount["Destination"].rstrip("/")
        if (path == destination or path.startswith(destination + "/")) and (best is None or len(destination) > len(best["Destination"])):
            best = mount
    if best is not None:
        if not best.get("RW", True):
            raise InvalidParameter("mounted volume is marked read-only")
    elif container.host_config.get("ReadonlyRootfs"):
        raise InvalidParameter("container rootfs is marked read-only")


def _user_of(container: Container, root_fd: int) -> tuple[int, int] | None:
    user = container.config.get("User") or ""
    if not user:
        return None

    def read(path: str) -> str:
        try:
            fd = syscall.openat2(root_fd, path, os.O_RDONLY)
        except OSError:
            return ""
        with os.fdopen(fd, encoding="utf-8", errors="replace") as file:
            return file.read()

    identity = passwd.identify(user, read)
    return identity.uid, identity.gid
