"""An overlay's upper directory as the layer that any driver makes of the same changes.

Overlays leave more than was changed, and each leaves something else: a file that was only opened for writing, a directory for the sake of
what is no longer in it, whiteouts of names that no layer has, opaque marks. BuildKit's differ has none of these in a layer either.
"""

from __future__ import annotations

import os
import stat

from dockercompat.storage.changes import LowerView, same
from dockercompat.storage.layer import OPAQUE_XATTRS, is_opaque, is_whiteout, make_whiteout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 1 << 20


def settle(upper_dir: str, lower_dirs: Sequence[str]) -> None:
    """Take from an upper directory that nothing uses any more what says nothing, and name what its opaque directories hide.

    A directory with other times alone says nothing either.
    lower_dirs  top first
    """
    if lower_dirs:
        _settle(upper_dir, LowerView(lower_dirs))
    else:
        _fresh(upper_dir)


class _Frame:
    """A directory on the way down. whole: it hides all that layers below have in it; path begins with a slash, "" for the top."""

    def __init__(self, directory: str, path: str, *, whole: bool) -> None:
        self.directory = directory
        self.path = path
        self.whole = whole
        self.changed = whole
        self.before = os.lstat(directory)
        with os.scandir(directory) as found:
            self.items = sorted(found, key=lambda item: item.name, reverse=True)
        self.names = {item.name for item in self.items}


def _settle(upper_dir: str, view: LowerView) -> None:
    frames = [_Frame(upper_dir, "", whole=is_opaque(upper_dir))]
    while frames:
        frame = frames[-1]
        if frame.items:
            below = _look(frame, frame.items.pop(), view)
            if below is not None:
                frames.append(below)
            continue
        frames.pop()
        _finish(frame, view)
        lower = view.find(frame.path) if frames else None
        if lower is not None and not os.listdir(frame.directory) and same(lower, (frame.directory, os.lstat(frame.directory))):
            os.rmdir(frame.directory)
            frames[-1].changed = True


def _look(frame: _Frame, item: os.DirEntry[str], view: LowerView) -> _Frame | None:
    """Deal with one name; a directory to go down into."""
    name, real = f"{frame.path}/{item.name}", f"{frame.directory}/{item.name}"
    if item.name.startswith(".wh."):
        if view.find(f"{frame.path}/{item.name[4:]}") is None:
            os.unlink(real)
            frame.changed = True
        return None
    lower = view.find(name)
    if item.is_dir(follow_symlinks=False):
        if lower is None or not stat.S_ISDIR(lower[1].st_mode):
            _fresh(real)
            return None
        return _Frame(real, name, whole=frame.whole or is_opaque(real))
    status = item.stat(follow_symlinks=False)
    if (is_whiteout(status) and lower is None) or (lower is not None and _unchanged(lower, (real, status))):
        os.unlink(real)
        frame.changed = True
    return None


def _finish(frame: _Frame, view: LowerView) -> None:
    directory = frame.directory
    if frame.whole:
        directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            for base in sorted(view.names(frame.path) - frame.names):
                make_whiteout(os.fsencode(base), directory_fd)
        finally:
            os.close(directory_fd)
        _clear_opaque(directory)
    if frame.changed:
        os.utime(directory, ns=(frame.before.st_atime_ns, frame.before.st_mtime_ns))


def _fresh(top: str) -> None:
    """Marks that hide nothing go from a tree that no layer has anything of."""
    waiting = [top]
    while waiting:
        directory = waiting.pop()
        before = os.lstat(directory)
        changed = False
        with os.scandir(directory) as found:
            for item in found:
                if item.is_dir(follow_symlinks=False):
                    waiting.append(item.path)
                elif item.name.startswith(".wh.") or (
                    not item.is_file(follow_symlinks=False) and is_whiteout(item.stat(follow_symlinks=False))
                ):
                    os.unlink(item.path)
                    changed = True
        _clear_opaque(directory)
        if changed:
            os.utime(directory, ns=(before.st_atime_ns, before.st_mtime_ns))


def _clear_opaque(directory: str) -> None:
    for name in os.listxattr(directory):
        if name in OPAQUE_XATTRS:
            os.removexattr(directory, name)


def _unchanged(old: tuple[str, os.stat_result], new: tuple[str, os.stat_result]) -> bool:
    """Whether a file is what it was. One with several names stays: they belong together."""
    status = new[1]
    if status.st_nlink > 1 or is_whiteout(status) or not same(old, new):
        return False
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(old[0]) == os.readlink(new[0])
    return not stat.S_ISREG(status.st_mode) or _same_content(old[0], new[0])


def _same_content(old_path: str, new_path: str) -> bool:
    with open(old_path, "rb", buffering=0) as old, open(new_path, "rb", buffering=0) as new:
        while True:
            data = old.read(_CHUNK)
            if data != new.read(_CHUNK):
                return False
            if not data:
                return True
