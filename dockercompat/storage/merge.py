"""Trees copied over trees: layers merged into plain ones, and single files as they are."""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.storage.layer import HIDDEN_XATTRS, KEPT_XATTRS, OWNER_XATTR, is_bookkeeping, is_whiteout, read_xattrs
from dockercompat.storage.tree import empty_dir, remove_tree

_FICLONE = 0x40049409


def copy_tree(source_dir: str, target_dir: str) -> None:
    """Copy a whole tree as it is (owners, modes, times, attributes, hard links), sharing data blocks where the file system can.

    What vanishes from the source meanwhile is left out.
    """
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
        _, _, opaque = read_xattrs(source_fd) if whiteouts else (None, None, False)
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
                try:
                    merge_file(f"{source}/{item.name}", path, status, links)
                except FileNotFoundError:
                    if os.path.lexists(f"{source}/{item.name}"):
                        raise
                    remove(path)
    finally:
        os.close(source_fd)
    copy_metadata(source, target, os.lstat(source))


def move_over(source: str, target: str) -> None:
    """Move what is in a directory over what another one of the same file system has; directories are merged, and source is empty then."""
    with os.scandir(source) as found:
        items = list(found)
    for item in items:
        path = f"{target}/{item.name}"
        if item.is_dir(follow_symlinks=False):
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                status = None
            if status is not None and stat.S_ISDIR(status.st_mode):
                move_over(item.path, path)
                os.rmdir(item.path)
                continue
        remove(path)
        os.rename(item.path, path)
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
        if name == OWNER_XATTR or (name.startswith(KEPT_XATTRS) and not name.startswith(HIDDEN_XATTRS)):
            try:
                os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EPERM):
                    raise
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
