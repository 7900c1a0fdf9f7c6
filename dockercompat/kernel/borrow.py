"""A mount of another process's mount namespace, shown in ours: plain bind mounts can't cross (EINVAL)."""

from __future__ import annotations

import os

from dockercompat.kernel import syscall

_AT_FDCWD = -100


def borrow_mount(pid: int, path: str, target: str) -> None:
    """Mount what a process sees at path on an existing directory of ours. This process has one thread.

    Raises  OSError when the process is gone or the kernel refuses
    """
    own_fd = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    other_fd = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    root_fd = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    mount_fd = -1
    directory = os.getcwd()
    try:
        syscall.setns(other_fd, syscall.CLONE_NEWNS)
        try:
            mount_fd = syscall.open_tree(root_fd, path.lstrip("/"), syscall.OPEN_TREE_CLONE | syscall.AT_RECURSIVE | os.O_CLOEXEC)
        finally:
            syscall.setns(own_fd, syscall.CLONE_NEWNS)
            os.chdir(directory)
        syscall.move_mount(mount_fd, _AT_FDCWD, target)
    finally:
        for fd in (own_fd, other_fd, root_fd, mount_fd):
            if fd >= 0:
                os.close(fd)
