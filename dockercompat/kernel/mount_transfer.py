"""Puts a file of this mount namespace in the place of one that is mounted in another."""

from __future__ import annotations

import os

from dockercompat.kernel import syscall

_AT_FDCWD = -100
_MNT_DETACH = 2
_AT_EMPTY_PATH = 0x1000
_MOUNT_ATTR_RDONLY = 1


def replace_file(source: str, pid: int, target: str, *, read_only: bool = False) -> None:
    """Mount a file over what a process has mounted at a path of its root; a process of our own goes there to do it.

    source  path here. pid: a process of a mount namespace that this user namespace owns, or an ancestor of it
    Raises  OSError
    """
    tree_fd = syscall.open_tree(_AT_FDCWD, source, syscall.OPEN_TREE_CLONE | os.O_CLOEXEC)
    try:
        pid_fd = os.pidfd_open(pid)
        try:
            if read_only:
                syscall.mount_setattr(tree_fd, "", _AT_EMPTY_PATH, attr_set=_MOUNT_ATTR_RDONLY)
            _in_child(tree_fd, pid_fd, target)
        finally:
            os.close(pid_fd)
    finally:
        os.close(tree_fd)


def _in_child(tree_fd: int, pid_fd: int, target: str) -> None:
    process_id = os.fork()
    if process_id == 0:
        status = 255
        try:
            syscall.setns(pid_fd, syscall.CLONE_NEWNS)
            syscall.unmount(target, _MNT_DETACH)
            syscall.move_mount(tree_fd, _AT_FDCWD, target)
            status = 0
        except OSError as error:
            status = error.errno or 255
        finally:
            os._exit(status)
    _, ended = os.waitpid(process_id, 0)
    status = os.waitstatus_to_exitcode(ended)
    if status:
        raise OSError(abs(status), os.strerror(abs(status)))
