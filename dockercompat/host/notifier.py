"""Changes of files below directories, as the kernel tells them (inotify).

The kernel watches single directories. What makes a tree of them is here: a directory that comes is watched before it is read, so that
nothing put into it meanwhile is missed; after an overflow of the kernel's queue everything counts as changed; a path that is not there
yet, goes, or is replaced is waited for in the nearest directory above it. Symbolic links are not followed.

inotify_simple and not a library that walks trees itself: this process enters namespaces and forks, so it must have no threads, and
those libraries follow links, or say nothing of directories that they could not watch, or of an overflow.
"""

from __future__ import annotations

import errno
import os

from dockercompat.errors import HostLacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_WATCHES = "fs.inotify.max_user_watches"
_INSTANCES = "fs.inotify.max_user_instances"


class Notifier:
    """Watches paths, whether they exist or not.

    paths  absolute; files and directories
    skips  tells which directories need not be watched
    Raises HostLacks, naming the setting, where the kernel allows no more
    """

    def __init__(self, paths: Iterable[str], skips: Callable[[str], bool] = lambda path: False) -> None:
        from inotify_simple import INotify, flags  # type: ignore[import-untyped]

        self._flags = flags
        self._mask = (
            flags.CREATE | flags.DELETE | flags.MOVED_FROM | flags.MOVED_TO | flags.CLOSE_WRITE | flags.MODIFY | flags.ATTRIB
            | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR | flags.EXCL_UNLINK
        )  # fmt: skip
        self._skips = skips
        self._roots = tuple(dict.fromkeys(map(os.path.normpath, paths)))
        self._path_of: dict[int, str] = {}
        self._watch_of: dict[str, int] = {}
        self._above: set[str] = set()  # directories that are watched because a root is to come there
        try:
            self._inotify = INotify(nonblocking=True)
        except OSError as error:
            if error.errno == errno.EMFILE:
                raise _limit(_INSTANCES, 128) from None
            raise
        for root in self._roots:
            for _ in self._settle(root):
                pass

    def fileno(self) -> int:
        """Can be read when something has changed."""
        return int(self._inotify.fileno())

    def read(self) -> list[str]:
        """Paths that have changed, come or gone since the last call; does not wait."""
        changed: dict[str, None] = {}
        for event in self._inotify.read(timeout=0):
            changed.update(dict.fromkeys(self._take(event.wd, event.mask, event.name)))
        return [path for path in changed if self._concerns(path)]

    def close(self) -> None:
        self._inotify.close()

    def _take(self, watch: int, mask: int, name: str) -> Iterator[str]:
        flags = self._flags
        if mask & flags.Q_OVERFLOW:
            for root in self._roots:
                yield from self._settle(root)
            return
        directory = self._path_of.get(watch)
        if directory is None:
            return
        if mask & (flags.IGNORED | flags.MOVE_SELF | flags.DELETE_SELF):
            self._forget(directory)
            for root in self._roots:
                if _is_below(root, directory):  # what it was watched in, or the root itself, is no longer there
                    yield root
                    yield from self._settle(root)
            return
        path = os.path.join(directory, name) if name else directory
        waiting = [root for root in self._roots if root != path and _is_below(root, path)]
        if waiting:
            for root in waiting:
                yield from self._settle(root)
        if not self._concerns(path):
            return
        if mask & (flags.CREATE | flags.MOVED_TO) and (mask & flags.ISDIR or path in self._roots):
            yield from self._enter(path)
            return
        if mask & flags.ISDIR and mask & flags.MOVED_FROM:
            self._forget(path)
        yield path

    def _settle(self, root: str) -> Iterator[str]:
        """Watch a root and the directory that it is in, or the nearest above it; what there is counts as changed."""
        above = root.strip("/").split("/")[:-1]
        places = ["/" + "/".join(above[:length]) for length in range(len(above) + 1)]
        first = len(places) - 1
        while first and not self._watch_above(places[first]):
            first -= 1
        for place in places[first + 1 :]:  # one may have come since
            if not self._watch_above(place):
                break
        yield from self._enter(root)

    def _watch_above(self, directory: str) -> bool:
        self._above.add(directory)
        if self._watch(directory):
            return True
        self._above.discard(directory)
        return False

    def _enter(self, top: str) -> Iterator[str]:
        """Watch a directory and those in it, and tell all that there is; a file is told."""
        stack = [top]
        while stack:
            path = stack.pop()
            try:
                is_directory = not os.path.islink(path) and self._watch(path)
                if is_directory or os.path.lexists(path):
                    yield path
                if not is_directory:
                    continue
                with os.scandir(path) as entries:
                    for entry in entries:
                        if not entry.is_dir(follow_symlinks=False):
                            yield entry.path
                        elif not self._skips(entry.path):
                            stack.append(entry.path)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue

    def _watch(self, path: str) -> bool:
        """Watch a directory; False when it can't be, for it is none."""
        if path not in self._roots and path not in self._above and self._skips(path):
            return False
        try:
            watch = self._inotify.add_watch(path, self._mask)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _limit(_WATCHES, 524288) from None
            return False
        self._path_of[watch] = path
        self._watch_of[path] = watch
        return True

    def _forget(self, directory: str) -> None:
        """A directory is not where it was: it and those in it are watched no more."""
        for path in [each for each in self._watch_of if _is_below(each, directory)]:
            watch = self._watch_of.pop(path)
            self._path_of.pop(watch, None)
            self._above.discard(path)
            try:
                self._inotify.rm_watch(watch)
            except OSError:  # the kernel has done so
                continue

    def _concerns(self, path: str) -> bool:
        return any(_is_below(path, root) for root in self._roots)


def _is_below(path: str, directory: str) -> bool:
    return path == directory or directory == "/" or path.startswith(directory + "/")


def _limit(setting: str, least: int) -> HostLacks:
    try:
        with open(f"/proc/sys/{setting.replace('.', '/')}", encoding="ascii") as file:
            now = int(file.read())
    except (OSError, ValueError):
        now = 0
    return HostLacks(
        f"The kernel's limit for watching files is reached: {setting} = {now}.", f"sudo sysctl -w {setting}={max(2 * now, least)}"
    )
