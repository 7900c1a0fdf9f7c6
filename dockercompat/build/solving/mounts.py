"""What `RUN --mount` puts into a step: files of other trees, secrets, agents, caches that outlive it."""

from __future__ import annotations

import errno
import hashlib
import os
import time

from dockercompat.build.solving.tree import resolve
from dockercompat.engine.builder import list as cache
from dockercompat.errors import BuildFailed
from dockercompat.record import Record
from dockercompat.storage.merge import copy_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.planning.graph import MountOp, RunOp
    from dockercompat.build.solving.inputs import Secret
    from dockercompat.host.lock import Lock
    from dockercompat.host.paths import Paths


class Room(Record):
    """Where one RUN happens.

    directory  the worker's own, on disk
    root       the mounted root file system
    places     input number -> a directory with it, and whether it may be written to
    """

    directory: str
    root: str
    paths: Paths
    secrets: Mapping[str, Secret]
    ssh: Mapping[str, str]
    places: Mapping[int, tuple[str, bool]]


class Prepared:
    """What the mounts of a RUN come to."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.env: list[str] = []
        self.locks: list[Lock] = []
        self.caches: dict[str, str] = {}


def prepare(op: RunOp, temp: str, room: Room) -> Prepared:
    """Make ready what a RUN mounts. temp: a directory in memory. Raises BuildFailed."""
    prepared = Prepared()
    for mount in sorted((each for each in op.mounts if each.type == "cache"), key=lambda each: (each.id, each.sharing)):
        _lock_cache(mount, op, room, prepared)  # in one order, so that no two steps wait for each other
    for number, mount in enumerate(op.mounts):
        _prepare(mount, number, temp, room, prepared)
    return prepared


def _prepare(mount: MountOp, number: int, temp: str, room: Room, prepared: Prepared) -> None:
    if mount.type == "tmpfs":
        options = "rw nosuid nodev" + (f" size={mount.size_bytes}" if mount.size_bytes else "")
        prepared.points.append({"Type": "tmpfs", "Destination": mount.target, "Options": options})
        return
    source = f"{temp}/m{number}"
    writable = not mount.read_only
    if mount.type == "inline":
        with open(source, "w", encoding="utf-8") as file:
            file.write(mount.content)
        os.chmod(source, 0o755)
    elif mount.type == "secret":
        secret = _secret(mount, room)
        if secret is None:
            if mount.env:
                prepared.env.append(f"{mount.env}=")
            return
        if mount.env:
            prepared.env.append(f"{mount.env}={secret.decode('utf-8', 'surrogateescape')}")
            if not mount.target:
                return
        fd = os.open(source, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(secret)
        _own(source, mount)
        writable = True  # the copy is thrown away
    elif mount.type == "ssh":
        found = room.ssh.get(mount.id)
        if found is None:
            if mount.required:
                raise BuildFailed(f"unset ssh forward key {mount.id}")
            return
        source, writable = found, True
    elif mount.type == "cache":
        source = _cache(mount, room, prepared, number)
    elif mount.input < 0:
        os.mkdir(source, 0o755)
    else:
        directory, is_view = room.places[mount.input]
        source = f"{directory}/{resolve(directory, mount.source)}".rstrip("/")
        if writable and not is_view:
            copied = f"{room.directory}/copy{number}"
            if os.path.isdir(source):
                os.mkdir(copied, 0o755)
                copy_tree(source, copied)
            else:
                import shutil

                shutil.copy2(source, copied)
            source = copied
    prepared.points.append({"Type": "bind", "Source": source, "Destination": mount.target, "RW": writable, "Propagation": "rprivate"})


def _own(path: str, mount: MountOp) -> None:
    try:
        os.chown(path, mount.uid, mount.gid)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
    os.chmod(path, mount.mode)


def _secret(mount: MountOp, room: Room) -> bytes | None:
    secret = room.secrets.get(mount.id)
    if secret is None:
        if mount.required:
            raise BuildFailed(f"secret {mount.id}: not found")
        return None
    if secret.text is not None:
        return secret.text.encode("utf-8", "surrogateescape")
    with open(secret.path, "rb") as file:
        return file.read()


def _cache_dir(data_dir: str, mount_id: str) -> str:
    """The directory of a cache mount."""
    return f"{cache.mounts_dir(data_dir)}/{hashlib.sha256(mount_id.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"


def _lock_cache(mount: MountOp, op: RunOp, room: Room, prepared: Prepared) -> None:
    """Wait for a cache mount as its sharing says; several mounts of a step with one id are one."""
    if mount.id in prepared.caches:
        return
    base = _cache_dir(room.paths.data_dir, mount.id)
    name = os.path.basename(base)
    number = 0
    while True:
        suffix = f"-{number}" if number else ""
        lock = cache.mount_lock(room.paths.locks_dir, name + suffix, shared=mount.sharing == "shared")
        if lock.acquire(block=mount.sharing != "private"):
            break
        number += 1
    prepared.locks.append(lock)  # given back when this process ends
    prepared.caches[mount.id] = base + suffix
    cache.note_mount(base + suffix, mount.target, op.args, mount.id, time.time_ns())


def _cache(mount: MountOp, room: Room, prepared: Prepared, number: int) -> str:
    """The directory of a cache mount that is locked, filled from its source at its first use."""
    directory = prepared.caches[mount.id]
    if not os.path.isdir(directory):
        draft = f"{room.directory}/cache{number}"
        os.mkdir(draft, 0o755)
        if mount.input >= 0:
            source, _ = room.places[mount.input]
            copy_tree(f"{source}/{resolve(source, mount.source)}".rstrip("/"), draft)
        else:
            _own(draft, mount)
        os.makedirs(os.path.dirname(directory), 0o755, exist_ok=True)
        try:
            os.rename(draft, directory)
        except OSError:  # another step was faster
            if not os.path.isdir(directory):
                raise
    return directory
