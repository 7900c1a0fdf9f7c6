"""`cp` as docker's client does it: what is copied where follows from both paths, then archives go one way or the other."""

from __future__ import annotations

import os
import posixpath
import stat
import sys
import time

from dockercompat.errors import ClientError, DockerError
from dockercompat.record import Record
from dockercompat.runtime.attach import write_all
from dockercompat.spec.size import human_size
from dockercompat.storage.extract import extract_archive
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO, cast

    from dockercompat.cli.invocation import Invocation
else:

    def cast(_, value):
        return value


_MAX_LINKS = 10
_UPDATE_S = 0.075
MODE_DIR = 1 << 31  # Go's FileMode, as the engine reports it
_MODE_LINK = 1 << 27
_MODE_REGULAR_MASK = 1 << 31 | 1 << 27 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19


class Place(Record):
    """One side of a copy. rebase_name: what its entries are called in the archive, where that is not the path's last component."""

    path: str
    exists: bool = False
    is_dir: bool = False
    rebase_name: str = ""


def copy_files(invocation: Invocation) -> None:
    """Carry out `cp`."""
    source, destination = invocation.args
    if not source:
        raise ClientError("source can not be empty")
    if not destination:
        raise ClientError("destination can not be empty")
    source_ref, source_path = split_argument(source)
    destination_ref, destination_path = split_argument(destination)
    quiet = bool(invocation.options.quiet) if invocation.options.given("quiet") else not os.isatty(1)
    if source_ref and destination_ref:
        raise ClientError("copying between containers is not supported")
    if source_ref:
        _from_container(invocation, source_ref, source_path, destination_path, quiet)
    elif destination_ref:
        _to_container(invocation, source_path, destination_ref, destination_path, quiet)
    else:
        raise ClientError("must specify at least one container source")


def split_argument(text: str) -> tuple[str, str]:
    """Container and path; no container for an absolute path, for one that begins with a dot, and where there is no colon."""
    if text.startswith("/"):
        return "", text
    ref, colon, path = text.partition(":")
    if not colon or ref.startswith("."):
        return "", text
    return ref, path


# -- paths, by the rules of docker's archive package --------------------------------------------------------------------


def clean(path: str) -> str:
    """Go's filepath.Clean."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned.replace("//", "/", 1) if cleaned.startswith("//") else cleaned


def _base(path: str) -> str:
    """Go's filepath.Base."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _names_content(path: str) -> bool:
    """Whether a path ends in "." as a component of its own: the content of the directory is meant."""
    return _base(path) == "."


def _asserts_directory(path: str) -> bool:
    return path.endswith("/") or _names_content(path)


def split_entry(path: str) -> tuple[str, str]:
    """Directory and entry; "d/." is the entry "." of d."""
    cleaned = clean(path)
    if _names_content(path):
        cleaned += "/."
        return (cleaned.rpartition("/")[0] or "/"), "."
    return clean(cleaned.rpartition("/")[0] or ("/" if cleaned.startswith("/") else ".")), _base(cleaned)


def _local(path: str) -> str:
    """An absolute local path that keeps a trailing separator or "/."."""
    absolute = clean(os.path.join(os.getcwd(), path))
    if not absolute.endswith("/") and _names_content(path):
        return absolute + "/."
    if not absolute.endswith("/") and path.endswith("/"):
        return absolute + "/"
    return absolute


def _rebase(path: str, resolved: str) -> tuple[str, str]:
    """The resolved path with the ending of the path it came from, and the name to keep when the last component changed."""
    if _names_content(path) and not _names_content(resolved):
        resolved += "/."
    if path.endswith("/") and not resolved.endswith("/"):
        resolved += "/"
    return resolved, _base(path) if _base(path) != _base(resolved) else ""


def _evaluate(path: str) -> str:
    """A local path with all links followed. Raises ClientError in Go's words for what is not there."""
    done = "/"
    rest = path
    links = 0
    while rest := rest.lstrip("/"):
        part, slash, rest = rest.partition("/")
        if part in ("", "."):
            continue
        if part == "..":
            done = posixpath.dirname(done)
            continue
        step = posixpath.join(done, part)
        try:
            mode = os.lstat(step).st_mode
        except OSError as error:
            raise ClientError(f"lstat {step}: {(error.strerror or '').lower()}") from None
        if stat.S_ISLNK(mode):
            links += 1
            if links > 255:
                raise ClientError("EvalSymlinks: too many links")
            target = os.readlink(step)
            if target.startswith("/"):
                done = "/"
            rest = f"{target}{slash}{rest}"
            continue
        if slash and not stat.S_ISDIR(mode):
            raise ClientError("not a directory")
        done = step
    return done


def local_source(path: str, follow_link: bool) -> Place:
    """What a local path to copy from means. Raises ClientError when nothing is there."""
    if follow_link:
        resolved, rebase_name = _rebase(path, _evaluate(path))
    else:
        directory, slash, base = path.rpartition("/")
        resolved = f"{_evaluate(directory + slash)}/{base}"
        rebase_name = _base(path) if path.endswith("/") and _base(path) != _base(resolved) else ""
    try:
        status = os.lstat(resolved)
    except OSError as error:
        raise ClientError(f"lstat {resolved}: {(error.strerror or '').lower()}") from None
    return Place(resolved, True, stat.S_ISDIR(status.st_mode), rebase_name)


def local_destination(path: str) -> Place:
    """What a local path to copy to means: links are followed, its directory must exist. Raises ClientError."""
    original = path
    links = 0
    while True:
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            break
        except OSError as error:
            raise ClientError(f"lstat {path}: {(error.strerror or '').lower()}") from None
        if not stat.S_ISLNK(mode):
            return Place(path, True, stat.S_ISDIR(mode))
        links += 1
        if links > _MAX_LINKS:
            raise ClientError(f"too many symlinks in {original}")
        target = os.readlink(path)
        path = target if target.startswith("/") else clean(posixpath.join(split_entry(path)[0], target))
    parent = split_entry(path)[0]
    try:
        mode = os.stat(parent).st_mode
    except OSError as error:
        raise ClientError(f"stat {parent}: {(error.strerror or '').lower()}") from None
    if not stat.S_ISDIR(mode):
        raise ClientError("not a directory")
    return Place(path)


def arrange(source: Place, destination: Place) -> tuple[str, str, str]:
    """Where to extract, and which first component of the archive's names is to become which ("" and "" for none).

    Raises  ClientError for a copy that can't be
    """
    if destination.exists and destination.is_dir:
        return destination.path, "", ""
    if destination.exists and source.is_dir:
        raise ClientError("cannot copy directory")
    if not destination.exists and not source.is_dir and _asserts_directory(destination.path):
        raise ClientError("no such directory")
    directory, base = split_entry(destination.path)
    return directory, source.rebase_name or split_entry(source.path)[1], base


def check_output(path: str) -> None:
    """Raise in the client's words when a local path can't be written to."""
    directory = posixpath.dirname(clean(path))
    if directory not in ("", ".") and not os.path.exists(directory):
        raise ClientError(f'invalid output path: directory "{directory}" does not exist')
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise ClientError(f"stat {path}: {(error.strerror or '').lower()}") from None
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise ClientError(f'invalid output path: "{path}" must be a directory or a regular file: got a device')
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise ClientError(f'invalid output path: "{path}" must be a directory or a regular file: got an irregular file')


# -- the two directions ---------------------------------------------------------------------------------------------------


class _Counted:
    """A stream that counts its bytes, and shows the count on a terminal as it grows, as docker does."""

    def __init__(self, source: BinaryIO, header: str, *, quiet: bool) -> None:
        self._source = source
        self._shown_at = 0.0
        self._column = len(header) + 1
        self.count = 0
        self._shows = not quiet and os.isatty(2)
        if self._shows:
            _show(f"\x1b[s\x1b[?25l\x1b[2K{header}0B")

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.count += len(data)
        if self._shows and time.monotonic() - self._shown_at > _UPDATE_S:
            self._shown_at = time.monotonic()
            _show(f"\x1b[{self._column}G\x1b[0K{human_size(self.count, 3)}")
        return data

    def end(self) -> None:
        """Take the count off the terminal."""
        if self._shows:
            _show("\x1b[?25h\x1b[u\x1b[2K")
            self._shows = False


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _from_container(invocation: Invocation, ref: str, source: str, destination: str, quiet: bool) -> None:
    verbs = invocation.verbs("container.copy")
    if destination != "-":
        destination = _local(destination)
        check_output(destination)
    invocation.join()
    engine = invocation.engine
    rebase_name = ""
    if invocation.options.follow_link:
        source, rebase_name = _followed(invocation, ref, source)
    archive = verbs.get_archive(engine, ref, source)
    try:
        if destination == "-":
            sys.stdout.flush()
            while data := archive.read(1 << 16):
                write_all(1, data)
            return
        place = Place(source, True, bool(archive.stat["mode"] & MODE_DIR), rebase_name)
        directory, old, new = arrange(place, local_destination(destination))
        counted = _Counted(cast("BinaryIO", archive), "Copying from container - ", quiet=quiet)
        rename = _renamer(old, new)
        if rebase_name:
            first = _renamer(split_entry(source)[1], rebase_name)
            rename = _both(first, rename)
        try:
            extract_archive(cast("BinaryIO", counted), directory, keep_owners=False, replace_kinds=False, rename=rename)
        except DockerError as error:
            raise error if error.http_status == 404 else ClientError(str(error)) from None
        except OSError as error:
            raise ClientError(f"open {os.fsdecode(error.filename or directory)}: {(error.strerror or '').lower()}") from None
        finally:
            counted.end()
    finally:
        archive.close()
    if not quiet:
        print(f"Successfully copied {human_size(counted.count, 3)} to {destination}", file=sys.stderr)


def _followed(invocation: Invocation, ref: str, source: str) -> tuple[str, str]:
    """Where a link in a container leads, and the name to keep."""
    try:
        path_stat = invocation.verb("container.copy", "stat_path")(invocation.engine, ref, source)
    except DockerError:
        return source, ""
    if not path_stat["mode"] & _MODE_LINK:
        return source, ""
    target: str = path_stat["linkTarget"]
    if not target.startswith("/"):
        target = clean(posixpath.join(split_entry(source)[0], target))
    return _rebase(source, target)


def _renamer(old: str, new: str) -> Callable[[bytes], bytes] | None:
    if not old or old == new:
        return None
    begin, replacement = os.fsencode("" if old == "/" else old), os.fsencode(new)

    def rename(name: bytes) -> bytes:
        if name.startswith(begin) and name[len(begin) : len(begin) + 1] in (b"", b"/"):
            return replacement + name[len(begin) :]
        return name

    return rename


def _both(first: Callable[[bytes], bytes] | None, second: Callable[[bytes], bytes] | None) -> Callable[[bytes], bytes] | None:
    if first is None or second is None:
        return first or second
    return lambda name: second(first(name))


def _to_container(invocation: Invocation, source: str, ref: str, destination: str, quiet: bool) -> None:
    verbs = invocation.verbs("container.copy")
    place = None
    if source != "-":
        source = _local(source)
    invocation.join()
    engine = invocation.engine
    target = _destination(invocation, ref, destination)
    if source == "-":
        if not target.is_dir:
            raise ClientError(f'destination "{ref}:{destination}" must be a directory')
        content = cast("BinaryIO", sys.stdin.buffer)
        directory = target.path
    else:
        place = local_source(source, bool(invocation.options.follow_link))
        directory, old, new = arrange(place, target)
        name = place.rebase_name or split_entry(place.path)[1]
        if old and name == old:
            name = new
        content = cast("BinaryIO", _packed(place, name, keep_owners=bool(invocation.options.archive)))
    counted = _Counted(content, "Copying to container - ", quiet=quiet)
    try:
        verbs.put_archive(engine, ref, directory, cast("BinaryIO", counted), keep_kinds=True, copy_owner=bool(invocation.options.archive))
    finally:
        counted.end()
    if not quiet:
        print(f"Successfully copied {human_size(counted.count, 3)} to {ref}:{target.path}", file=sys.stderr)


def _destination(invocation: Invocation, ref: str, path: str) -> Place:
    """What a path in a container to copy to means."""
    from dockercompat.errors import NotFound

    stat_path = invocation.verb("container.copy", "stat_path")
    engine = invocation.engine

    target = path
    try:
        path_stat = stat_path(engine, ref, path)
        if path_stat["mode"] & _MODE_LINK:
            target = path_stat["linkTarget"]
            path_stat = stat_path(engine, ref, target)
    except NotFound:
        return Place(target)
    mode = path_stat["mode"]
    if mode & _MODE_REGULAR_MASK & ~MODE_DIR:
        kind = "a device" if mode & (1 << 26) else "an irregular file"
        raise ClientError(f'destination "{ref}:{path}" must be a directory or a regular file: got {kind}')
    return Place(target, True, bool(mode & MODE_DIR))


class _Pipe:
    """The read end of a child's pipe; at the end of the stream the child's failure is raised."""

    def __init__(self, read_fd: int, finish: Callable[[], None]) -> None:
        self._file = os.fdopen(read_fd, "rb", buffering=0)
        self._finish: Callable[[], None] | None = finish

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if not data and self._finish is not None:
            finish, self._finish = self._finish, None
            finish()
        return data or b""


def _packed(place: Place, name: str, *, keep_owners: bool) -> _Pipe:
    """An archive of local files whose entries begin with a name. Their owner is root, unless owners are to be kept: then the host's ids."""
    from dockercompat.engine.container.child import Child
    from dockercompat.kernel.idmap import real_uid

    own = real_uid()
    gid = _real_gid()
    read_fd, write_fd = os.pipe()

    def owners(file_uid: int, file_gid: int) -> tuple[int, int]:
        if not keep_owners:
            return 0, 0
        return own if file_uid == 0 else file_uid, gid if file_gid == 0 else file_gid

    def work(_send: object) -> None:
        directory, base = split_entry(place.path)
        root_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with os.fdopen(write_fd, "wb", buffering=0) as out:
            packer = Packer(TarWriter(out), root_fd, whiteouts=False, owners=owners)
            packer.add(os.fsencode("" if base in (".", "/") else base), os.fsencode("" if name == "/" else name))
            packer.writer.finish()

    child = Child(work, closed=(read_fd,))
    os.close(write_fd)

    def finish() -> None:
        try:
            child.answer()
        except OSError as error:
            raise ClientError(f"open {error.filename or place.path}: {(error.strerror or '').lower()}") from None
        finally:
            child.wait()

    return _Pipe(read_fd, finish)


def _real_gid() -> int:
    """The user's primary group on the host."""
    with open("/proc/self/gid_map", encoding="utf-8") as file:
        for line in file:
            inside, outside, _ = line.split()
            if inside == "0":
                return int(outside)
    return 0
