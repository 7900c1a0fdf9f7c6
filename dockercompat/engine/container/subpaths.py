"""Parts of volumes and images (volume-subpath, image-subpath): found without leaving them, whatever their symbolic links say.

A part is bound, in the monitor's own mount namespace, on a place of the engine's; the runtime mounts that place. What a container
that shares the volume makes of its links meanwhile changes nothing: the part is opened below the volume with no link followed.
"""

from __future__ import annotations

import errno
import os
import stat
from posixpath import normpath

from dockercompat.engine.container import rootfs
from dockercompat.errors import DockerError
from dockercompat.kernel import syscall
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

    Look = Callable[[str], "tuple[str, os.stat_result] | None"]

_LINKS_MAX = 255
_ATTEMPTS = 100  # the kernel asks to try again while somebody renames, which a container may do without end


class Part(Record):
    """path: below root_dir, relative, without links; place: where it is to be bound."""

    root_dir: str
    path: str
    place: str


def prepare(engine: Engine, container: Container) -> tuple[list[dict[str, Any]], list[Part]]:
    """A container's mount points with the places of parts for SourcePath, and the parts; their places are made.

    Volumes are mounted, images are not yet.
    Raises  DockerError in docker's words for a part that is missing or leads out
    """
    points: list[dict[str, Any]] = []
    parts: list[Part] = []
    for number, point in enumerate(container.mounts):
        if "SourcePath" in point:
            part = find(point, _look(engine, container, point), f"{engine.paths.container_dir(container.id)}/parts/{number}")
            point = {**point, "SourcePath": part.place}
            parts.append(part)
        points.append(point)
    return points, parts


def _look(engine: Engine, container: Container, point: dict[str, Any]) -> Look:
    if point["Type"] != "image":
        return look_in(point["Source"])
    from dockercompat.storage.changes import LowerView

    image_dir = os.path.dirname(point["Source"])
    return LowerView(next(dirs for dirs, directory in rootfs.images(engine, container) if directory == image_dir)).find


def look_in(root_dir: str) -> Look:
    """What is at a path ("/a/b") below a directory, links not followed."""

    def look(path: str) -> tuple[str, os.stat_result] | None:
        try:
            return root_dir + path, os.lstat(root_dir + path)
        except FileNotFoundError:
            return None

    return look


def find(point: dict[str, Any], look: Look, place: str = "") -> Part:
    """The part that a mount point of a volume or an image asks for. place: made as a file or a directory, "" for none."""
    root_dir: str = point["Source"]
    wanted = normpath(point["SourcePath"][len(root_dir) :].strip("/") or ".")
    path, status = _resolve(root_dir, wanted, look)
    if place:
        if stat.S_ISDIR(status.st_mode):
            os.makedirs(place, 0o700, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), 0o700, exist_ok=True)
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return Part(root_dir, path or ".", place)


def _resolve(root_dir: str, wanted: str, look: Look) -> tuple[str, os.stat_result]:
    """A relative path with its links followed below root_dir, and what is there."""
    whole = f"{root_dir}/{wanted}" if wanted != "." else root_dir
    done = ""
    status = os.stat(os.path.dirname(root_dir))  # of some directory
    todo = [part for part in reversed(wanted.split("/")) if part and part != "."]
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            if not done:
                raise _escapes(root_dir, wanted)
            done = done.rpartition("/")[0]
            continue
        try:
            entry = look(f"{done}/{part}")
        except NotADirectoryError:
            entry = None
        if entry is None or (todo and not stat.S_ISDIR(entry[1].st_mode) and not stat.S_ISLNK(entry[1].st_mode)):
            if entry is not None:
                raise DockerError(f'error while resolving symlinks in combined path "{whole}": not a directory')
            failure = DockerError(f"cannot access path {whole}: lstat {root_dir}{done}/{part}: no such file or directory")
            failure.exit_status = 127
            raise failure
        status = entry[1]
        if not stat.S_ISLNK(status.st_mode):
            done = f"{done}/{part}"
            continue
        links += 1
        if links > _LINKS_MAX:
            raise DockerError(f'error while resolving symlinks in combined path "{whole}": EvalSymlinks: too many links')
        target = os.readlink(entry[0])
        if target.startswith("/"):
            if not f"{target}/".startswith(f"{root_dir}/"):
                raise _escapes(root_dir, wanted)
            target, done = target[len(root_dir) :], ""
        todo.extend(part for part in reversed(target.split("/")) if part and part != ".")
    return done[1:], status


def _escapes(root_dir: str, wanted: str) -> DockerError:
    return DockerError(f"path concatenation escapes the base directory, base: {root_dir}, subpath: {wanted}")


def mount(parts: list[Part]) -> None:
    """In the monitor's own mount namespace: bind the parts on their places. Raises OSError when somebody changed them meanwhile."""
    for part in parts:
        fd = open_part(part)
        try:
            syscall.mount(f"/proc/self/fd/{fd}", part.place, None, syscall.MS_BIND | syscall.MS_REC)
        finally:
            os.close(fd)


def open_part(part: Part) -> int:
    """A descriptor (O_PATH) of a part, reached without following any link."""
    root_fd = os.open(part.root_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        attempts = 0
        while True:
            try:
                return syscall.openat2(
                    root_fd, part.path, os.O_PATH | os.O_NOFOLLOW, resolve=syscall.RESOLVE_BENEATH | syscall.RESOLVE_NO_SYMLINKS
                )
            except OSError as error:
                attempts += 1
                if error.errno != errno.EAGAIN or attempts == _ATTEMPTS:
                    raise
    finally:
        os.close(root_fd)
