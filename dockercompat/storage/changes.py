"""What a tree changed over layers in overlay form, by the measure of docker's own comparison (see `differs`)."""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.storage.driver import Change
from dockercompat.storage.layer import HIDDEN_XATTRS, OWNER_XATTR, is_bookkeeping, is_opaque, is_whiteout, make_whiteout
from dockercompat.storage.merge import copy_file, copy_metadata, merge_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What the runtime makes in a root file system to mount something over it. Docker keeps these in a layer that no diff shows.
RUNTIME_NAMES = frozenset(
    {
        "/.dockerenv",
        "/dev",
        "/dev/console",
        "/dev/mqueue",
        "/dev/pts",
        "/dev/shm",
        "/etc/hostname",
        "/etc/hosts",
        "/etc/mtab",
        "/etc/resolv.conf",
        "/proc",
        "/run/.containerenv",
        "/sys",
    }
)
_RUNTIME_PARENTS = frozenset({"/etc", "/run"})


class LowerView:
    """The merged view of layers, without a mount. Lower directories top first."""

    def __init__(self, lower_dirs: Sequence[str]) -> None:
        self._dirs: dict[str, list[str]] = {"": self._until_opaque(list(lower_dirs))}
        self._removed: dict[str, frozenset[str]] = {}  # names that `.wh.` files of a layer's directory remove

    @staticmethod
    def _until_opaque(directories: list[str]) -> list[str]:
        for at, directory in enumerate(directories):
            if is_opaque(directory):
                return directories[: at + 1]
        return directories

    def dirs(self, path: str) -> list[str]:
        """The directories that make up a merged directory, top first; none when there is no such directory. path: "" or "/a/b"."""
        known = self._dirs.get(path)
        if known is None:
            parent, _, base = path.rpartition("/")
            known = []
            for directory in self.dirs(parent):
                status = self._look(directory, base)
                if status is None:
                    continue
                if not stat.S_ISDIR(status.st_mode):
                    break
                known.append(f"{directory}/{base}")
            known = self._until_opaque(known)
            self._dirs[path] = known
        return known

    def find(self, path: str) -> tuple[str, os.stat_result] | None:
        """Real path and status of what a path shows, links not followed."""
        parent, _, base = path.rpartition("/")
        for directory in self.dirs(parent):
            status = self._look(directory, base)
            if status is not None:
                return None if is_whiteout(status) else (f"{directory}/{base}", status)
        return None

    def resolve(self, path: str) -> str:
        """A path with every symbolic link in it followed inside the tree; "" for the top. The last part need not exist.

        Raises  OSError (ELOOP) when links lead in a circle
        """
        done = ""
        todo = [part for part in reversed(path.split("/")) if part and part != "."]
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            entry = self.find(f"{done}/{part}")
            if entry is None or not stat.S_ISLNK(entry[1].st_mode):
                done = f"{done}/{part}"
                continue
            links += 1
            if links > 40:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            target = os.readlink(entry[0])
            if target.startswith("/"):
                done = ""
            todo.extend(part for part in reversed(target.split("/")) if part and part != ".")
        return done

    def names(self, path: str) -> set[str]:
        """What a merged directory shows."""
        found: set[str] = set()
        hidden: set[str] = set()
        for directory in self.dirs(path):
            with os.scandir(directory) as entries:
                items = list(entries)
            gone = {item.name[4:] for item in items if item.name.startswith(".wh.") and not is_bookkeeping(item.name)}
            for item in items:
                if item.name.startswith(".wh.") or item.name in hidden:
                    continue
                if is_whiteout(item.stat(follow_symlinks=False)):
                    gone.add(item.name)
                else:
                    found.add(item.name)
            hidden |= gone | found
        return found

    def _look(self, directory: str, base: str) -> os.stat_result | None:
        """Status of a name in one layer; that of a whiteout for a name that a `.wh.` file removes there."""
        try:
            return os.lstat(f"{directory}/{base}")
        except (FileNotFoundError, NotADirectoryError):
            pass
        removed = self._removed.get(directory)
        if removed is None:
            removed = self._removed[directory] = frozenset(name[4:] for name in os.listdir(directory) if name.startswith(".wh."))
        return _WHITEOUT if base in removed else None


_WHITEOUT = os.stat_result((stat.S_IFCHR, 0, 0, 1, 0, 0, 0, 0, 0, 0, *([0] * 9)))


def compare(tree: str, lower_dirs: Sequence[str], *, whole: bool) -> list[Change]:
    """What a tree changes over its layers.

    whole  the tree is a complete root file system; else the upper directory of an overlay
    """
    view = LowerView(lower_dirs)
    found: list[Change] = []
    _compare_dir(tree, "", view, whole, found)
    found.sort(key=lambda change: (change.kind, change.path))
    return found


def _compare_dir(directory: str, path: str, view: LowerView, whole: bool, found: list[Change]) -> None:
    with os.scandir(directory) as entries:
        items = sorted(entries, key=lambda item: item.name)
    items = [item for item in items if not is_bookkeeping(item.name)]
    for item in items:
        name = f"{path}/{item.name}"
        if item.name.startswith(".wh.") and not whole:
            if view.find(f"{path}/{item.name[4:]}") is not None:
                found.append(Change("D", f"{path}/{item.name[4:]}"))
            continue
        try:
            status = item.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        lower = view.find(name)
        if not whole and is_whiteout(status):
            if lower is not None:
                found.append(Change("D", name))
        elif lower is None:
            _added(f"{directory}/{item.name}", name, status, found)
        elif stat.S_ISDIR(status.st_mode):
            at = len(found)
            if stat.S_ISDIR(lower[1].st_mode):
                inner = f"{directory}/{item.name}"
                _compare_dir(inner, name, view, whole or is_opaque(inner), found)
            else:
                _added_below(f"{directory}/{item.name}", name, found)
            if len(found) > at or differs(lower[1], status):
                found.append(Change("C", name))
        elif differs(lower[1], status):
            found.append(Change("C", name))
    if whole:
        here = {item.name for item in items}
        found.extend(Change("D", f"{path}/{name}") for name in view.names(path) - here)


def _added(real: str, path: str, status: os.stat_result, found: list[Change]) -> None:
    at = len(found)
    if stat.S_ISDIR(status.st_mode):
        _added_below(real, path, found)
    if len(found) == at and (is_runtime_name(path, status) or (path in _RUNTIME_PARENTS and os.listdir(real))):
        return
    found.append(Change("A", path))


def _added_below(directory: str, path: str, found: list[Change]) -> None:
    with os.scandir(directory) as entries:
        for item in list(entries):
            if is_bookkeeping(item.name):
                continue
            status = item.stat(follow_symlinks=False)
            if not is_whiteout(status):
                _added(f"{directory}/{item.name}", f"{path}/{item.name}", status, found)


def is_runtime_name(path: str, status: os.stat_result) -> bool:
    """Whether a new path is only what the runtime made to mount over: an empty file of a known name, or a directory of a known name."""
    return path in RUNTIME_NAMES and (stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_size == 0))


def differs(old: os.stat_result, new: os.stat_result) -> bool:
    """Whether docker calls two files different: it looks at no time or size of directories."""
    if (old.st_mode, old.st_uid, old.st_gid, old.st_rdev) != (new.st_mode, new.st_uid, new.st_gid, new.st_rdev):
        return True
    return not stat.S_ISDIR(old.st_mode) and (old.st_mtime_ns, old.st_size) != (new.st_mtime_ns, new.st_size)


def same(old: tuple[str, os.stat_result], new: tuple[str, os.stat_result]) -> bool:
    """Whether two files or directories (path and status) are alike for a layer, but for a file's content: `differs`, and attributes."""
    return not differs(old[1], new[1]) and _attributes(old[0]) == _attributes(new[0])


def _attributes(path: str) -> dict[str, bytes]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    kept = [name for name in names if name == OWNER_XATTR or not name.startswith(HIDDEN_XATTRS)]
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in kept}


def runtime_leftovers(upper_dir: str, lower_dirs: Sequence[str]) -> frozenset[str]:
    """Paths ("/etc/hosts") in an upper directory that hold nothing but what the runtime made, for a layer to leave out.

    A directory of the image that is there only because something was made below it, and that is otherwise unchanged, is one too.
    """
    view = LowerView(lower_dirs)
    found: set[str] = set()

    def visit(path: str) -> bool:
        real = upper_dir + path
        try:
            status = os.lstat(real)
        except OSError:
            return True
        if stat.S_ISDIR(status.st_mode):
            names = os.listdir(real)
            below = [f"{path}/{name}" for name in names]
            gone_below = [visit(each) for each in below if each in wanted]  # all of them, not only up to the first that stays
            empty = len(gone_below) == len(below) and all(gone_below)
            lower = view.find(path)
            if not empty or is_opaque(real):
                return False
            if lower is None:
                gone = path in RUNTIME_NAMES or (path in _RUNTIME_PARENTS and bool(names))
            else:
                gone = stat.S_ISDIR(lower[1].st_mode) and not differs(lower[1], status) and bool(names)
        else:
            gone = view.find(path) is None and is_runtime_name(path, status)
        if gone:
            found.add(path)
        return gone

    wanted = RUNTIME_NAMES | _RUNTIME_PARENTS
    for path in ("/.dockerenv", "/dev", "/etc", "/proc", "/run", "/sys"):
        visit(path)
    return frozenset(found)


def _unseen(tree: str, lower_dirs: Sequence[str]) -> Iterator[Change]:
    """What `differs` does not see and a layer records all the same: extended attributes, so capabilities."""
    view = LowerView(lower_dirs)
    pending = [""]
    while pending:
        path = pending.pop()
        with os.scandir(tree + path) as entries:
            items = list(entries)
        for item in items:
            name = f"{path}/{item.name}"
            lower = view.find(name)
            if lower is None or is_bookkeeping(item.name):
                continue
            status = item.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and stat.S_ISDIR(lower[1].st_mode):
                pending.append(name)
            if not same(lower, (item.path, status)):
                yield Change("C", name)


def write_layer(tree: str, lower_dirs: Sequence[str], layer_dir: str) -> None:
    """Make a directory in overlay form from a complete root file system: what vfs commits."""
    changes = {change.path: change for change in (*_unseen(tree, lower_dirs), *compare(tree, lower_dirs, whole=True))}.values()
    made: set[str] = set()

    def parents(path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent in made or not parent:
            return
        parents(parent)
        os.mkdir(layer_dir + parent, 0o700)
        made.add(parent)

    links: dict[tuple[int, int], str] = {}
    for change in sorted(changes, key=lambda each: each.path):
        if change.path in made:
            continue
        parents(change.path)
        real, target = tree + change.path, layer_dir + change.path
        if change.kind == "D":
            directory_fd = os.open(os.path.dirname(target), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                make_whiteout(os.fsencode(os.path.basename(target)), directory_fd)
            finally:
                os.close(directory_fd)
            continue
        status = os.lstat(real)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            os.mkdir(target, 0o700)
            made.add(change.path)
            continue
        if status.st_nlink > 1 and kind == stat.S_IFREG:
            first = links.setdefault((status.st_dev, status.st_ino), target)
            if first != target:
                os.link(first, target)
                continue
        if kind == stat.S_IFREG:
            copy_file(real, target)
        elif kind == stat.S_IFLNK:
            os.symlink(os.readlink(real), target)
        elif kind == stat.S_IFIFO:
            os.mkfifo(target)
        else:
            continue
        copy_metadata(real, target, status)
    for path in sorted(made, reverse=True):
        copy_metadata(tree + path, layer_dir + path, os.lstat(tree + path))
    copy_metadata(tree, layer_dir, os.lstat(tree))


def copy_merged(view: LowerView, path: str, target_dir: str) -> None:
    """Copy what a merged directory shows into an existing directory: owners, modes, times, attributes, hard links."""
    _copy_merged(view, path, target_dir, {})


def _copy_merged(view: LowerView, path: str, target_dir: str, links: dict[tuple[int, int], str]) -> None:
    for name in sorted(view.names(path)):
        entry = view.find(f"{path}/{name}")
        if entry is None:
            continue
        real, status = entry
        target = f"{target_dir}/{name}"
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(target, 0o700)
            _copy_merged(view, f"{path}/{name}", target, links)
            copy_metadata(real, target, status)
        else:
            merge_file(real, target, status, links)


def files_size(directory: str) -> int:
    """Sum of the sizes of the files and symbolic links below a directory, each inode once: docker's size of a layer."""
    total = 0
    seen: set[int] = set()
    pending = [directory]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for item in entries:
                try:
                    if item.is_dir(follow_symlinks=False):
                        pending.append(item.path)
                        continue
                    status = item.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    if status.st_nlink > 1:
                        if status.st_ino in seen:
                            continue
                        seen.add(status.st_ino)
                    total += status.st_size
    return total
