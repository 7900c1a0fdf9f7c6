"""Graph drivers: one interface over native overlay, fuse-overlayfs and plain copies, and the choice among them by probing.

A container's directory belongs to the driver; layers are directories in overlay form for every driver. Lower directories are always
given top first. What is mounted is mounted in the mount namespace of the caller, a private one, and ends with it.
"""

from __future__ import annotations

import os

from dockercompat.errors import InvalidParameter
from dockercompat.host.run import find
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.host.paths import Paths
    from dockercompat.kernel.idmap import Exchange

FUSE_LOG = "fuse-overlayfs.log"  # in the directory of a container that fuse-overlayfs has served
_NAMES = {"overlay": "overlay", "overlay2": "overlay", "fuse-overlayfs": "fuse-overlayfs", "vfs": "vfs"}


class Change(Record):
    """One path that a container has and its image has not (A), has otherwise (C), or only its image has (D)."""

    kind: str
    path: str


class Driver:
    """How the layers of an image and a container's own changes become one directory."""

    name = ""
    exchanges = False  # whether it can mount a root file system with owners exchanged

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def prepare(self, lower_dirs: Sequence[str], container_dir: str) -> None:
        """Make what a container needs on disk before its first mount; nothing happens when it is there already."""
        raise NotImplementedError

    def mount(
        self, lower_dirs: Sequence[str], container_dir: str, target: str, *, volatile: bool = False, owners: Exchange | None = None
    ) -> None:
        """Mount a container's root file system on an existing directory.

        volatile  the content is worth nothing after a crash (a build's step): the file system may skip syncing
        owners    for a container that has them exchanged; only where `exchanges`
        Raises    OSError as the kernel refused it; HostLacks or ToolFailed when a helper is missing or fails
        """
        raise NotImplementedError

    def unmount(self, target: str) -> None:
        """Unmount what `mount` mounted, even when it is busy or its helper is dead."""
        syscall.unmount(target, syscall.MNT_DETACH)

    def check(self, target: str) -> None:
        """Raise when a mounted root file system has stopped working (its helper was killed)."""
        os.stat(target)

    def changes(self, lower_dirs: Sequence[str], container_dir: str) -> list[Change]:
        """What a container changed, as `diff` lists it: sorted by kind, then path."""
        raise NotImplementedError

    def upper_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        """A directory in overlay form with a container's changes: its own upper directory, or one made for this call."""
        raise NotImplementedError

    def finish_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        """The changes of a container that nothing uses any more, as a layer's directory that may be renamed away.

        As `upper_layer`, and in overlay form without the marks of the program that made it.
        """
        raise NotImplementedError

    def usage(self, container_dir: str) -> int:
        """Bytes of the files that are a container's own, as SizeRw counts them."""
        raise NotImplementedError

    def remove(self, container_dir: str) -> None:
        """Delete a container's directory with all that is in it."""
        remove_tree(container_dir)


def choose(paths: Paths, forced: str = "") -> Driver:
    """The driver that is asked for, else the first that works here: overlay, fuse-overlayfs, vfs.

    The result of probing is kept in a file until the kernel is another one, so that it costs nothing again.
    Raises  InvalidParameter when there is no driver of that name
    """
    if forced:
        name = _NAMES.get(forced)
        if name is None:
            raise InvalidParameter(f"driver not supported: {forced}")
        return make(name, paths)
    return make(_remembered(paths) or _probe(paths), paths)


def make(name: str, paths: Paths) -> Driver:
    """A driver by its name."""
    # Each driver is a file of its own that derives from this one; only the one in use is loaded.
    if name == "overlay":
        from dockercompat.storage.overlay import OverlayDriver

        return OverlayDriver(paths)
    if name == "fuse-overlayfs":
        from dockercompat.storage.fuse_overlayfs import FuseOverlayfsDriver

        return FuseOverlayfsDriver(paths)
    from dockercompat.storage.vfs import VfsDriver

    return VfsDriver(paths)


def of_container(paths: Paths, container_dir: str, forced: str = "") -> Driver:
    """The driver that a container was made with, where that matters (vfs shares no directory with the others), else the chosen one."""
    if os.path.isdir(f"{container_dir}/rootfs"):
        return make("vfs", paths)
    if os.path.exists(f"{container_dir}/{FUSE_LOG}"):  # its marks of opaque directories are known to no other
        return make("fuse-overlayfs", paths)
    driver = choose(paths, forced)
    if driver.name == "vfs" and os.path.isdir(f"{container_dir}/upper"):
        return make("fuse-overlayfs" if _fuse_works() else "overlay", paths)
    return driver


def for_exchange(driver: Driver) -> Driver | None:
    """The driver that can show a container of this one with owners exchanged, None where there is none."""
    if driver.exchanges:
        return driver
    return make("fuse-overlayfs", driver.paths) if driver.name == "overlay" and _fuse_works() else None


def notice(paths: Paths, forced: str = "") -> str:
    """A warning about a fallback, the first time that it is asked for; "" after that or when there is none."""
    if forced:
        return ""
    name = choose(paths).name
    if name == "overlay":
        return ""
    try:
        os.close(os.open(f"{paths.data_dir}/storage-driver.said", os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return ""
    if name == "fuse-overlayfs":
        return "This kernel or file system gives no native overlay to users; using the slower fuse-overlayfs."
    return "Neither native overlay nor fuse-overlayfs works here; using vfs, which copies the image for every container."


_read: dict[tuple[str, int, int], str] = {}  # what a state of the file said, for a process that asks often


def _memory_path(paths: Paths) -> str:
    return f"{paths.data_dir}/storage-driver"


def _remembered(paths: Paths) -> str:
    path = _memory_path(paths)
    try:
        status = os.stat(path)
        identity = (path, status.st_ino, status.st_mtime_ns)
        if identity not in _read:
            with open(path, encoding="utf-8") as file:
                name, _, release = file.read().strip().partition(" ")
            _read[identity] = name if name in _NAMES and release == os.uname().release else ""
    except OSError:
        return ""
    return _read[identity]


def _probe(paths: Paths) -> str:
    from dockercompat.kernel import trial  # once per kernel

    os.makedirs(paths.temp_dir, 0o700, exist_ok=True)
    directory = f"{paths.temp_dir}/probe-{os.getpid()}"
    os.mkdir(directory, 0o700)
    try:
        name = "overlay" if trial.native_overlay(directory) is None else "fuse-overlayfs" if _fuse_works() else "vfs"
    finally:
        remove_tree(directory)
    path = _memory_path(paths)
    with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
        file.write(f"{name} {os.uname().release}\n")
    os.rename(f"{path}.{os.getpid()}", path)
    return name


def _fuse_works() -> bool:
    if find("fuse-overlayfs") is None:
        return False
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True
