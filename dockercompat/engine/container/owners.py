"""Who owns the caller's files in a container: root, as in every rootless engine, or the user that the container runs as.

A user namespace gives the caller's id to one user of a container. Root gets it unless the container runs as somebody else and has
the caller's own files in it: then that user gets it and root an id of the caller's subordinate ranges (kernel/idmap.py, Exchange).
Binds are mounted as they are, so that they lose neither speed nor notifications, locks and sockets. What belongs to the engine keeps
the owners that all other containers give it and is shown with the two exchanged: the root file system by fuse-overlayfs, volumes by
bindfs. No file changes its owner for it, and a container that needs none of this pays nothing.
"""

from __future__ import annotations

import os
import stat
from posixpath import normpath

from dockercompat.errors import HostLacks, InvalidParameter
from dockercompat.host.run import find
from dockercompat.kernel import idmap
from dockercompat.record import Record
from dockercompat.spec.option import parse_keep_id
from dockercompat.storage import driver as drivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.storage.driver import Driver

_LOOKED_AT = 1000  # entries of a directory of somebody else's


class View(Record):
    """A directory, where it is shown with owners exchanged, and there the source of a mount."""

    directory: str
    target: str
    source: str
    shown: str


class Owned(Record):
    """How a container is mounted: by which driver, and what besides its root file system is to be shown with owners exchanged."""

    driver: Driver
    exchange: idmap.Exchange | None = None
    views: tuple[View, ...] = ()

    @property
    def root(self) -> tuple[int, int]:
        """uid and gid of the container's root, as they are here."""
        return self.exchange.root() if self.exchange is not None else (0, 0)

    def mount_views(self) -> None:
        """In the process that becomes the monitor."""
        if self.exchange is not None and self.views:
            from dockercompat.storage import bindfs

            for view in self.views:
                bindfs.mount(view.directory, view.target, self.exchange)


def kept_user(host_config: Mapping[str, Any]) -> str:
    """The user of a container that is asked to keep the caller's ids and to run as nobody else, "" for all others.

    Raises  InvalidParameter for root's
    """
    exchange = _kept(host_config)
    return f"{exchange.uid}:{exchange.gid}" if exchange is not None else ""


def _kept(host_config: Mapping[str, Any]) -> idmap.Exchange | None:
    kept = parse_keep_id(host_config.get("UsernsMode") or "")
    if kept is None:
        return None
    uid, gid = idmap.real_ids()
    if uid == 0:
        raise InvalidParameter("--userns keep-id is for users other than root")
    return idmap.Exchange(uid if kept[0] is None else kept[0], gid if kept[1] is None else kept[1])


def remote_user(config: Mapping[str, Any]) -> str:
    """Who works in a dev container that runs as root, "" when nobody else does and for all other containers.

    Its tool runs the container as the image says, often as root, and whatever is done in it as the user whom its metadata name.
    Spec  containers.dev, image metadata: the last element that has it decides
    """
    labels = config.get("Labels") or {}
    if "devcontainer.local_folder" not in labels or not (text := labels.get("devcontainer.metadata")):
        return ""
    from dockercompat import json

    try:
        found = json.loads(text)
    except ValueError:
        return ""
    parts = [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]
    named = [each["remoteUser"] for each in parts if isinstance(each.get("remoteUser"), str)]
    return named[-1] if named else ""


def choose(engine: Engine, container: Container, points: Sequence[Mapping[str, Any]], driver: Driver, uid: int, gid: int) -> Owned:
    """Decide for one start. The process has joined the holder and the sources of binds are there.

    points    its mount points, as they are to be mounted
    driver    its own
    uid, gid  what the container's first process is to be, or whoever is to have the caller's files in its place
    Raises    HostLacks where keep-id is asked for and can't be had; InvalidParameter
    """
    wanted = _kept(container.host_config)
    asked = wanted is not None
    if wanted is None:
        if uid == 0 or container.host_config.get("UsernsMode") == "host" or idmap.real_uid() == 0:
            return Owned(driver)
        wanted = idmap.Exchange(uid, gid)
        if idmap.has_user(uid) and not any(_is_callers(engine, point) for point in points):
            return Owned(driver)
    if wanted.uid == wanted.gid == 0:
        return Owned(driver)
    _make_points(container, points)
    if idmap.current_is_single():
        return Owned(driver, wanted)
    shown_by = drivers.for_exchange(driver)
    views = _views(engine, container, points, wanted)
    for lacking, program in ((shown_by is None, "fuse-overlayfs"), (bool(views) and find("bindfs") is None, "bindfs")):
        if lacking and (asked or not idmap.has_user(uid)):
            raise HostLacks(f"{program} is needed to give a container's user your files.", f"sudo apt-get install -y {program}")
        if lacking:
            return Owned(driver)
    assert shown_by is not None
    return Owned(shown_by, wanted, views)


def lacking(config: Mapping[str, Any], host_config: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> str:
    """A warning for a container that is to be made: its user won't have the caller's files, for want of a program. "" for none."""
    if (_is_root(config.get("User") or "") and _is_root(remote_user(config))) or host_config.get("UsernsMode") or idmap.real_uid() == 0:
        return ""
    if not any(point["Type"] == "bind" and _owner(point["Source"]) in (os.getuid(), -1) for point in points):
        return ""
    programs = ["fuse-overlayfs"] + ["bindfs"] * any(point["Type"] == "volume" for point in points)
    program = next((name for name in programs if find(name) is None), "")
    if not program:
        return ""
    from dockercompat.host.probe import install_command

    remedy = install_command(program)
    return f"{program} is not installed: your files in bind mounts are root's, not the container's user's (mend it with: {remedy})"


def _is_root(user: str) -> bool:
    return user.partition(":")[0] in ("", "0", "root")


def _make_points(container: Container, points: Sequence[Mapping[str, Any]]) -> None:
    """Make what is missing in binds for other mounts and for the working directory: made in the container, it would be its root's.

    What can't be made here, creating the container will say.
    """
    from dockercompat.engine.container import access

    sources = {normpath(point["Destination"]): point for point in points}
    wanted = {
        path: point["Type"] == "tmpfs" or os.path.isdir(point.get("SourcePath") or point["Source"]) for path, point in sources.items()
    }
    wanted |= {normpath(path): True for path in container.host_config.get("Tmpfs") or {}}
    wanted[normpath(container.config.get("WorkingDir") or "/")] = True
    for path in sorted(wanted):
        around = max((each for each in sources if path.startswith(each.rstrip("/") + "/")), key=len, default="")
        if not around or sources[around]["Type"] != "bind":
            continue
        try:
            root_fd = os.open(sources[around]["Source"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            os.close(access.make_point(root_fd, path[len(around.rstrip("/")) :], directory=wanted[path]))
        except OSError:
            continue
        finally:
            os.close(root_fd)


def _views(engine: Engine, container: Container, points: Sequence[Mapping[str, Any]], exchange: idmap.Exchange) -> tuple[View, ...]:
    """The mounts that hold owners as other containers gave them: volumes, and binds that belong to the very user."""
    views = []
    for number, point in enumerate(points):
        source = _source(point)
        if (point["Type"] == "volume" and not _device(engine, point)) or (point["Type"] == "bind" and _owner(source) == exchange.root()[0]):
            target = f"{engine.paths.bundle_dir(container.id)}/view{number}"
            if os.path.isdir(source):
                views.append(View(source, target, source, target))
            elif os.path.exists(source):  # bindfs shows directories only
                directory, name = os.path.split(source)
                views.append(View(directory, target, source, f"{target}/{name}"))
    return tuple(views)


def _source(point: Mapping[str, Any]) -> str:
    source: str = point.get("SourcePath") or point["Source"]
    return source


def _owner(path: str) -> int:
    try:
        return os.stat(path).st_uid
    except OSError:
        return -1


def _device(engine: Engine, point: Mapping[str, Any]) -> str:
    """The host's path that a volume is a bind of, "" for any other."""
    from dockercompat import json

    row = engine.db.one("SELECT options FROM volumes WHERE name = ?", (point.get("Name") or "",))
    options: dict[str, str] = json.loads(row["options"]) or {} if row is not None else {}
    return options.get("device", "") if "bind" in options.get("o", "").replace("rbind", "bind").split(",") else ""


def _is_callers(engine: Engine, point: Mapping[str, Any]) -> bool:
    """Whether a mount shows files of the caller's own."""
    if point["Type"] == "bind":
        source = str(point["Source"])
    elif point["Type"] == "volume":
        source = _device(engine, point)
    else:
        return False
    try:
        status = os.stat(source)
    except OSError:
        return False
    if 0 in (status.st_uid, status.st_gid):
        return True
    if not stat.S_ISDIR(status.st_mode) or (idmap.has_user(status.st_uid) and status.st_uid != idmap.NOBODY):
        return False
    return _holds_callers(source)


def _holds_callers(directory: str) -> bool:
    """Whether a directory of somebody else's may well have files of the caller's below it."""
    home = os.path.realpath(os.path.expanduser("~"))
    if (home + "/").startswith(os.path.realpath(directory).rstrip("/") + "/") or os.access(directory, os.W_OK):
        return True
    try:
        with os.scandir(directory) as entries:
            for entry, _ in zip(entries, range(_LOOKED_AT), strict=False):
                if entry.stat(follow_symlinks=False).st_uid == 0:
                    return True
    except OSError:
        return False
    return False
