"""Volumes with mount options (docker's local driver): mounted on their data directory in the holder's mount namespace while in use."""

from __future__ import annotations

import errno
import os

from dockercompat import json
from dockercompat.engine.volume import store
from dockercompat.errors import DockerError
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine

_FLAGS = {
    "bind": syscall.MS_BIND,
    "rbind": syscall.MS_BIND | syscall.MS_REC,
    "ro": syscall.MS_RDONLY,
    "nosuid": syscall.MS_NOSUID,
    "nodev": syscall.MS_NODEV,
    "noexec": syscall.MS_NOEXEC,
}
_STATUSES = {errno.ENOENT: 127, errno.EACCES: 126, errno.EISDIR: 126}  # of a run that fails so
_OF_NETWORKS = ("nfs", "cifs", "smb", "ceph", "9p")
_NO_EFFECT = frozenset(("rw", "defaults", "suid", "dev", "exec", "private", "rprivate", "slave", "rslave", "auto", "noauto", "user"))


def activate(engine: Engine, name: str) -> str:
    """Have a volume mounted, where it has options; the directory for a container to bind. The caller has the volume's lock.

    The process is in the holder's mount namespace. What a private mount namespace made later sees was mounted before.
    Raises  DockerError when the kernel refuses
    """
    row = store.load(engine, name)
    store.make_dirs(engine, name)
    directory = store.data_dir(engine, name)
    options: dict[str, str] = json.loads(row["options"]) or {}
    device = options.get("device", "")
    if not device or os.path.ismount(directory) or _is_bound(directory, device):
        return directory
    flags, rest = _split(options.get("o", ""))
    kind = options.get("type", "none")
    try:
        if flags & syscall.MS_BIND:
            syscall.mount(_bound(device), directory, None, flags & (syscall.MS_BIND | syscall.MS_REC))
            if flags & syscall.MS_RDONLY:
                syscall.mount_setattr(-100, directory, 0, attr_set=syscall.MOUNT_ATTR_RDONLY)
        else:
            syscall.mount(device, directory, kind, flags, ",".join(rest) or None)
    except OSError as error:
        number = error.errno or errno.EIO
        if number == errno.EPERM and device.startswith("/") and not os.path.exists(device):
            number = errno.ENOENT  # what the kernel tells root
        reason = os.strerror(number).lower()
        if kind.startswith(_OF_NETWORKS) or (number == errno.EPERM and kind != "none"):
            reason += f" (a user can't mount {kind}: have it mounted on the host, and make the volume with"
            reason += " --opt type=none --opt o=bind --opt device=DIRECTORY)"
        shown = (f", flags: 0x{flags:x}" if flags else "") + (f", data: {','.join(rest)}" if rest else "")
        failure = DockerError(
            f"error while mounting volume '{directory}': failed to mount local volume: mount {device}:{directory}{shown}: {reason}"
        )
        failure.exit_status = _STATUSES.get(number, 1)
        raise failure from None
    return directory


def restrictions(options: dict[str, str]) -> str:
    """What the mount of a volume with these options keeps its users from, in words of mount(8): "ro noexec"; none for most."""
    flags = _split(options.get("o", ""))[0] if options.get("device") else 0
    counting = ("ro",) if flags & syscall.MS_BIND else ("ro", "nosuid", "nodev", "noexec")  # as for the kernel, binding
    return " ".join(word for word in counting if flags & _FLAGS[word])


def _bound(device: str) -> str:
    """The directory of the host that a device means: docker's engine works in the root directory."""
    return os.path.join("/", device)


def deactivate(engine: Engine, name: str) -> None:
    """Undo `activate`; nothing happens for a volume that is not mounted."""
    directory = store.data_dir(engine, name)
    try:
        syscall.unmount(directory, syscall.MNT_DETACH)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOENT, errno.EPERM):
            raise


def is_bind(options: dict[str, str]) -> bool:
    """Whether a volume with these options is a directory of the host."""
    return bool(_split(options.get("o", ""))[0] & syscall.MS_BIND)


def with_options(engine: Engine, names: Sequence[str]) -> list[str]:
    """Those of these volumes that are mounted to be used."""
    if not names:
        return []
    marks = ", ".join("?" * len(names))
    rows = engine.db.all(f"SELECT name FROM volumes WHERE name IN ({marks}) AND options NOT IN ('null', '{{}}') ORDER BY name", names)
    return [row["name"] for row in rows]


def _is_bound(directory: str, device: str) -> bool:
    """Whether a directory of the same file system is bound already (ismount sees no difference of devices there)."""
    try:
        return os.path.samefile(directory, _bound(device))
    except OSError:
        return False


def _split(text: str) -> tuple[int, list[str]]:
    """Mount flags, and the file system's own options."""
    flags = 0
    rest: list[str] = []
    for option in filter(None, text.split(",")):
        if option in _FLAGS:
            flags |= _FLAGS[option]
        elif option not in _NO_EFFECT:
            rest.append(option)
    return flags, rest
