"""The files of a container, for verbs that read and write them, whether it runs or not.

The work is done in a child process (child.py) that has the container's root as a descriptor: a running one's through /proc/PID/root,
a stopped one's mounted in a mount namespace of the child's own, with its volumes. Paths are resolved inside of that root by the kernel.
"""

from __future__ import annotations

import errno
import os
import stat

from dockercompat.engine.container import rootfs, state, subpaths
from dockercompat.engine.volume import users as volumes
from dockercompat.errors import DockerError
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def unreadable(error: OSError) -> DockerError:
    """What to tell about a container's file that can't be read or written."""
    if error.errno == errno.ENOTCONN:
        return DockerError("the container's fuse-overlayfs process has ended: restart the container")
    where = f"{error.filename}: " if error.filename else ""
    return DockerError(where + (error.strerror or str(error)).lower())


def enter(engine: Engine, container: Container, *, only_root: bool = False) -> int:
    """In a child process: a descriptor of the container's root directory.

    only_root  the root file system alone, without volumes and what else is mounted in it
    """
    if container.is_alive and state.process_lives(container):
        root_fd = _bare_root(container.pid) if only_root else os.open(f"/proc/{container.pid}/root", _DIRECTORY)
        _become_root_of(container.pid)
        return root_fd
    lower_dirs = rootfs.layer_dirs(engine, container)
    driver = rootfs.prepare(engine, container, lower_dirs)
    if not only_root:
        volumes.prepare_mounts(engine, container.mounts, lower_dirs, first=not container.row["started_ns"])
    syscall.unshare(syscall.CLONE_NEWNS)
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
    target = f"{engine.paths.container_dir(container.id)}/mnt"
    os.makedirs(target, 0o700, exist_ok=True)
    driver.mount(lower_dirs, engine.paths.container_dir(container.id), target)
    root_fd = os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    if not only_root:
        for mount in sorted(container.mounts, key=lambda each: str(each["Destination"])):
            if mount["Type"] in ("bind", "volume"):
                _bind(root_fd, mount)
        os.close(root_fd)
        root_fd = os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return root_fd


def _become_root_of(pid: int) -> None:
    """See and give owners as a container does that has a user namespace of its own."""
    namespace_fd = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if os.fstat(namespace_fd).st_ino != os.stat("/proc/self/ns/user").st_ino:
            syscall.setns(namespace_fd, syscall.CLONE_NEWUSER)
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
    finally:
        os.close(namespace_fd)


def _bare_root(pid: int) -> int:
    """A detached copy of a container's root mount without the mounts in it. Only a mount of one's own namespace can be copied."""
    own_fd = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    namespace_fd = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscall.setns(namespace_fd, syscall.CLONE_NEWNS)
        root_fd = syscall.open_tree(-100, "/", syscall.OPEN_TREE_CLONE | os.O_CLOEXEC)
        syscall.setns(own_fd, syscall.CLONE_NEWNS)  # modules are found here, not there
        return root_fd
    finally:
        os.close(own_fd)
        os.close(namespace_fd)


def _bind(root_fd: int, mount: dict[str, Any]) -> None:
    try:
        source_fd = _open_source(mount)
    except OSError:
        return  # starting the container will say so
    try:
        target_fd = make_point(root_fd, mount["Destination"], directory=stat.S_ISDIR(os.fstat(source_fd).st_mode))
        try:
            syscall.mount(f"/proc/self/fd/{source_fd}", f"/proc/self/fd/{target_fd}", None, syscall.MS_BIND | syscall.MS_REC)
        finally:
            os.close(target_fd)
    finally:
        os.close(source_fd)
    if not mount.get("RW", True):
        target_fd = syscall.openat2(root_fd, mount["Destination"], os.O_PATH)
        try:
            syscall.mount_setattr(target_fd, "", syscall.AT_EMPTY_PATH, attr_set=syscall.MOUNT_ATTR_RDONLY)
        finally:
            os.close(target_fd)


def _open_source(mount: dict[str, Any]) -> int:
    """A descriptor of what a mount point shows."""
    if "SourcePath" in mount:
        return subpaths.open_part(subpaths.find(mount, subpaths.look_in(mount["Source"])))
    return os.open(mount["Source"], os.O_PATH | os.O_CLOEXEC)


def make_point(root_fd: int, path: str, *, directory: bool) -> int:
    """Descriptor of a place to mount on, made where it is missing, as starting the container would."""
    try:
        return syscall.openat2(root_fd, path, os.O_PATH)
    except FileNotFoundError:
        pass
    parent, _, base = path.rstrip("/").rpartition("/")
    parent_fd = make_point(root_fd, parent, directory=True) if parent else os.dup(root_fd)
    try:
        if directory:
            os.mkdir(base, 0o755, dir_fd=parent_fd)
        else:
            os.close(os.open(base, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=parent_fd))
        return os.open(base, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent_fd)
    finally:
        os.close(parent_fd)


def real_path(fd: int, root_fd: int) -> str:
    """Absolute path inside the container of something opened below its root."""
    path, root = os.readlink(f"/proc/self/fd/{fd}"), os.readlink(f"/proc/self/fd/{root_fd}")
    if root != "/":
        path = path[len(root) :]
    return path or "/"
