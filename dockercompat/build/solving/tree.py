"""Trees that files are copied from: the caller's directories and the roots of images and stages, links resolved inside them.

A tree is hashed as COPY counts it: name, type, mode, owner, size, link target, device, attributes, data; never times.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat

from dockercompat import json
from dockercompat.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.build.solving.ignore import Matcher

_LINKS_MAX = 255
_CHUNK = 1 << 20
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO)  # it was something else a moment ago
_HIDDEN_XATTRS = ("user.overlay.", "user.fuseoverlayfs.", "user.containers.", "user.pydocker.", "trusted.", "security.selinux", "system.")


class Hashes:
    """sha256 of the caller's files, remembered by size, times and inode, so that what did not change is not read again.

    path  file that keeps them between builds
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.known: dict[str, list[object]] = {}
        self.fresh: dict[str, list[object]] = {}
        self.dirs: dict[str, tuple[int, int]] = {}
        self.changed = False
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                loaded = json.load(file)
            if isinstance(loaded, dict):
                self.known = loaded
        except (OSError, ValueError):
            pass

    def of(self, path: str, info: os.stat_result) -> str:
        """The sha256 of a regular file with this lstat result."""
        facts: list[object] = [info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino]
        known = self.known.get(path)
        if known is not None and known[:4] == facts:
            self.fresh[path] = known
            return str(known[4])
        digest = hash_file(path) if is_readable(path, info) else ""
        self.changed = True
        self.fresh[path] = [*facts, digest]
        return digest

    def note_dir(self, path: str, info: os.stat_result) -> None:
        """Remember when a directory that was listed last changed."""
        self.dirs[path] = (info.st_mtime_ns, info.st_ctime_ns)

    def differs(self, path: str, info: os.stat_result) -> bool:
        """Whether a file or directory is another one than when this build looked at its content."""
        if stat.S_ISDIR(info.st_mode):
            return self.dirs.get(path) != (info.st_mtime_ns, info.st_ctime_ns)
        if not stat.S_ISREG(info.st_mode):
            return False
        facts = self.fresh.get(path)
        return facts is None or facts[:4] != [info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino]

    def save(self, now_ns: int) -> None:
        """Keep what this build used. Files changed in the last moments are left out: their times could be the same after a next change."""
        if not self.changed:
            return
        kept = {path: facts for path, facts in self.fresh.items() if now_ns - int(str(facts[2])) > 50_000_000}
        kept.update({path: facts for path, facts in self.known.items() if path not in self.fresh and os.path.lexists(path)})
        os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
        temporary = f"{self.path}.{os.getpid()}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8", errors="surrogateescape") as file:
            json.dump(kept, file)
        os.rename(temporary, self.path)


def is_readable(path: str, info: os.stat_result) -> bool:
    """Whether the caller could read a file or a directory of his outside of the user namespace, where he may do more.

    BuildKit sends an empty file in the place of one that can't be read.
    """
    wanted = stat.S_IRUSR | (stat.S_IXUSR if stat.S_ISDIR(info.st_mode) else 0)
    if info.st_mode & wanted == wanted:
        return True
    if info.st_uid == os.geteuid():
        return _is_root()
    return os.access(path, os.R_OK)


def _is_root() -> bool:
    """Whether our user is the machine's root, who may read everything."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return file.readline().split()[1] == "0"


def hash_file(path: str) -> str:
    """sha256 of a file's content, hexadecimal."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        data = os.read(fd, _CHUNK)
        digest = hashlib.sha256(data)
        while len(data) == _CHUNK:
            data = os.read(fd, _CHUNK)
            digest.update(data)
        return digest.hexdigest()
    finally:
        os.close(fd)


class _Level:
    """A directory that is being walked through. below: its path; state, excluded: what the patterns make of it."""

    __slots__ = ("below", "entries", "excluded", "state")

    def __init__(self, below: str, entries: Iterator[os.DirEntry[str]], state: tuple[bool, ...], excluded: tuple[bool, ...]) -> None:
        self.below = below
        self.entries = entries
        self.state = state
        self.excluded = excluded


class Tree:
    """A directory seen as a root.

    owned   True: owners are those of the files; False: everything is 0:0, as it is for the caller's files
    ignore  paths that are not there
    hashes  memory of content digests
    """

    def __init__(self, root: str, *, owned: bool, ignore: Matcher | None = None, hashes: Hashes | None = None) -> None:
        self.root = root
        self.owned = owned
        self.ignore = ignore
        self.hashes = hashes

    def full(self, path: str) -> str:
        """Path on the host of a path of this tree that has no links in it."""
        return f"{self.root}/{path}" if path else self.root

    def lstat(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self.full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def resolve(self, path: str, *, last: bool = True) -> str:
        """The path without links, relative to the root; what does not exist stays as it is.

        last  follow a link at the end, too
        """
        return resolve(self.root, path, last=last)

    def is_ignored(self, path: str) -> bool:
        if not path or not self.ignore:
            return False
        if not self.ignore.ignores(path):
            return False
        info = self.lstat(path)
        return not (info is not None and stat.S_ISDIR(info.st_mode) and self.ignore.may_take_back(path))

    def children(self, path: str) -> list[str]:
        """Sorted names in a directory."""
        try:
            return sorted(os.listdir(self.full(path)))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def find(self, pattern: str, *, wildcards: bool, deep: bool = False) -> list[str]:
        """The paths that a source of COPY means, links at their end followed; [] for a glob that fits nothing.

        deep    ** is any number of directories, as with --parents; else it is no more than *
        Raises  BuildFailed for a plain path that is not there
        """
        plain = pattern.strip("/")
        if wildcards and has_wildcards(plain):
            found = [path for path in dict.fromkeys(self._glob("", plain.split("/"), deep)) if not self.is_ignored(path)]
            return [self.resolve(path) for path in found]
        path = self.resolve(unescape(plain) if wildcards else plain)
        if self.lstat(path) is None or self.is_ignored(path):
            raise BuildFailed(f'"/{plain}": not found')
        return [path]

    def _glob(self, base: str, parts: list[str], deep: bool) -> Iterator[str]:
        head, rest = parts[0], parts[1:]
        if deep and head == "**" and rest:
            yield from self._glob(base, rest, deep)
            for name in self.children(self.resolve(base)):
                below = f"{base}/{name}" if base else name
                info = self.lstat(below)
                if info is not None and stat.S_ISDIR(info.st_mode):
                    yield from self._glob(below, parts, deep)
            return
        if not has_wildcards(head):
            names = [unescape(head)]
        else:
            regex = glob_regex(head)
            directory = self.resolve(base)
            names = [name for name in self.children(directory) if regex.match(name)]
        for name in names:
            path = f"{base}/{name}" if base else name
            if not rest:
                if self.lstat(self.resolve(path, last=False)) is not None:
                    yield path
            else:
                yield from self._glob(path, rest, deep)

    def walk(self, top: str, excludes: Matcher | None = None) -> Iterator[tuple[str, os.stat_result]]:
        """Everything below a directory, parents before children, as paths relative to it; sorted.

        excludes  further ignored paths, relative to top
        """
        ignore = self.ignore if self.ignore else None
        state: tuple[bool, ...] = ()
        if ignore and top:
            for length in range(1, top.count("/") + 2):
                state = ignore.ignores_below("/".join(top.split("/")[:length]), state)[1]
        yield from self._walk(top, ignore, state, excludes if excludes else None)

    def _walk(
        self, top: str, ignore: Matcher | None, state: tuple[bool, ...], excludes: Matcher | None
    ) -> Iterator[tuple[str, os.stat_result]]:
        pending = [_Level("", iter(self._listed(top)), state, ())]
        owed: list[tuple[str, os.stat_result]] = []  # ignored directories, which are there only when something in them is taken back
        while pending:
            level = pending[-1]
            entry = next(level.entries, None)
            if entry is None:
                pending.pop()
                if owed and owed[-1][0] == level.below:
                    owed.pop()
                continue
            path = f"{level.below}/{entry.name}" if level.below else entry.name
            whole = f"{top}/{path}" if top else path
            drop = False
            inner, inner_excluded = level.state, level.excluded
            if ignore is not None:
                drop, inner = ignore.ignores_below(whole, level.state)
            if excludes is not None:
                drop_too, inner_excluded = excludes.ignores_below(path, level.excluded)
                drop = drop or drop_too
            try:
                info = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # removed a moment ago
                continue
            is_dir = stat.S_ISDIR(info.st_mode)
            if drop:
                back = (ignore is not None and ignore.may_take_back(whole)) or (excludes is not None and excludes.may_take_back(path))
                if not is_dir or not back:
                    continue
                owed.append((path, info))
            else:
                if owed:
                    yield from owed
                    owed.clear()
                yield path, info
            if is_dir:
                pending.append(_Level(path, iter(self._listed(whole)), inner, inner_excluded))

    def _listed(self, path: str) -> list[os.DirEntry[str]]:
        """What is in a directory, sorted; nothing when it went a moment ago."""
        try:
            full = self.full(path)
            if self.hashes is not None:
                info = os.lstat(full)
                if not is_readable(full, info):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), full)
            with os.scandir(full) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def digest(self, path: str, excludes: Matcher | None = None) -> str:
        """The content of a file or of a directory's tree as one digest; the name of the path itself counts."""
        digest = hashlib.sha256()
        info = os.lstat(self.full(path))
        digest.update(self._line(os.path.basename(path), path, info))
        if stat.S_ISDIR(info.st_mode):
            for below, each in self.walk(path, excludes):
                digest.update(self._line(below, f"{path}/{below}" if path else below, each))
        return digest.hexdigest()

    def _line(self, name: str, path: str, info: os.stat_result) -> bytes:
        mode = info.st_mode
        full = self.full(path)
        data = ""
        if stat.S_ISREG(mode):
            try:
                data = f"{info.st_size} {self.hashes.of(full, info) if self.hashes is not None else hash_file(full)}"
            except OSError as error:
                if error.errno not in GONE:
                    raise
                return b""
        elif stat.S_ISDIR(mode):
            if self.hashes is not None:
                self.hashes.note_dir(full, info)
        elif stat.S_ISLNK(mode):
            try:
                data = os.readlink(full)
            except OSError:
                return b""
        elif stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
            data = f"{os.major(info.st_rdev)}:{os.minor(info.st_rdev)}"
        elif stat.S_ISSOCK(mode) and self.owned:
            return b""
        owner = f"{info.st_uid}:{info.st_gid}" if self.owned else "0:0"
        xattrs = "".join(f"{each}={value.hex()};" for each, value in xattrs_of(full)) if self.owned else ""
        return f"{name}\0{mode:o}\0{owner}\0{data}\0{xattrs}\n".encode("utf-8", "surrogateescape")


def xattrs_of(path: str) -> list[tuple[str, bytes]]:
    """The extended attributes of a file that a copy keeps."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return []
    found = []
    for name in sorted(names):
        if not name.startswith(_HIDDEN_XATTRS):
            try:
                found.append((name, os.getxattr(path, name, follow_symlinks=False)))
            except OSError:
                continue
    return found


def resolve(root: str, path: str, *, last: bool = True) -> str:
    """A path with its links followed as if root were `/`, relative to root. Nobody else may change the tree meanwhile.

    Raises  BuildFailed for a loop of links
    """
    pending = [part for part in path.split("/") if part and part != "."]
    done: list[str] = []
    links = 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            if done:
                done.pop()
            continue
        done.append(part)
        if not pending and not last:
            break
        try:
            target = os.readlink(f"{root}/{'/'.join(done)}")
        except OSError:
            continue
        links += 1
        if links > _LINKS_MAX:
            raise BuildFailed("too many links")
        done.pop()
        if target.startswith("/"):
            done = []
        pending = [each for each in target.split("/") if each and each != "."] + pending
    return "/".join(done)


def has_wildcards(path: str) -> bool:
    """Whether a path holds an unescaped `*`, `?` or `[`."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", path)) is not None


def unescape(path: str) -> str:
    """The text of a pattern without wildcards."""
    return re.sub(r"\\(.)", r"\1", path)


def glob_regex(pattern: str) -> re.Pattern[str]:
    """Go's filepath.Match for one path element. Raises BuildFailed for a bad pattern."""
    out = ""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "\\" and at < len(pattern):
            out += re.escape(pattern[at])
            at += 1
        elif char == "[":
            end = pattern.find("]", at + 1)
            if end < 0:
                raise BuildFailed(f"syntax error in pattern: {pattern}")
            inner = pattern[at:end]
            at = end + 1
            inner = inner.replace("[", "\\[")
            out += f"[{inner}]"
        else:
            out += re.escape(char)
    try:
        return re.compile(out + r"\Z", re.DOTALL)
    except re.error:
        raise BuildFailed(f"syntax error in pattern: {pattern}") from None
