"""Removing trees; by itself because every command that removes a container needs no more than this."""

from __future__ import annotations

import os

_DEPTH_MAX = 100  # directories that are open at a time


def remove_tree(base: bytes | str, dir_fd: int | None = None) -> None:
    """Remove a directory and all below it, following no symbolic link, whatever the modes of the directories are.

    One that is not there, or that somebody else removes at the same time, is gone when this returns.
    """
    while True:
        try:
            fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
        except FileNotFoundError:
            return
        try:
            empty_dir(fd)
            os.rmdir(base, dir_fd=dir_fd)
            return
        except FileNotFoundError:  # the other one was faster with a part of it
            continue
        finally:
            os.close(fd)


def empty_dir(dir_fd: int) -> None:
    """Remove all that is below a directory."""
    while _empty(dir_fd, dir_fd, 0):
        pass


def _empty(fd: int, top_fd: int, depth: int) -> bool:
    """Empty a directory. What lies very deep is brought up to the top instead, which is to be looked at once more then: True."""
    with os.scandir(fd) as found:
        entries = list(found)
    again = False
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            try:
                again = _remove(entry.name, fd, top_fd, depth) or again
            except PermissionError:  # one's own directory without its owner's rights, outside of a user namespace
                os.fchmod(fd, 0o700)
                os.chmod(entry.name, 0o700, dir_fd=fd)
                again = _remove(entry.name, fd, top_fd, depth) or again
        else:
            try:
                os.unlink(entry.name, dir_fd=fd)
            except PermissionError:
                os.fchmod(fd, 0o700)
                os.unlink(entry.name, dir_fd=fd)
    return again


def _remove(name: str, parent_fd: int, top_fd: int, depth: int) -> bool:
    if depth >= _DEPTH_MAX:
        os.rename(name, f".deep-{os.urandom(8).hex()}", src_dir_fd=parent_fd, dst_dir_fd=top_fd)
        return True
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent_fd)
    try:
        again = _empty(fd, top_fd, depth + 1)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent_fd)
    return again
